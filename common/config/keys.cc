#include "common/config/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/base/error.h"
#include "common/base/nearest.h"
#include "common/base/plain_text.h"

namespace cleave {
namespace {

constexpr std::size_t kMaxShown = 200;  // of a value that breaks its rule

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string number(double value) {
  std::string text = fmt::format("{}", value);
  const bool whole = text.find_first_of(".en") == std::string::npos;
  return whole ? text + ".0" : text;
}

struct ToText {
  std::string operator()(const bool* value) const { return *value ? "true" : "false"; }
  std::string operator()(const std::int64_t* value) const { return std::to_string(*value); }
  std::string operator()(const double* value) const { return number(*value); }
  std::string operator()(const std::string* value) const { return quoted(*value); }
  std::string operator()(const std::vector<std::string>* value) const {
    std::string out = "[";
    for (const std::string& item : *value) out += (out.size() > 1 ? ", " : "") + quoted(item);
    return out + "]";
  }
};

struct TypeName {
  std::string operator()(const bool*) const { return "true or false"; }
  std::string operator()(const std::int64_t*) const { return "integer"; }
  std::string operator()(const double*) const { return "number"; }
  std::string operator()(const std::string*) const { return "string"; }
  std::string operator()(const std::vector<std::string>*) const { return "list of strings"; }
};

bool in_range(const Rule& rule, double value) {
  const bool low = rule.above_min ? value > rule.min : value >= rule.min;
  return std::isfinite(value) && low && value <= rule.max;
}

bool allowed_name(const Rule& rule, const std::string& value) {
  if (rule.allowed.empty() && rule.prefixes.empty()) return true;
  if (std::find(rule.allowed.begin(), rule.allowed.end(), value) != rule.allowed.end()) return true;
  return std::any_of(rule.prefixes.begin(), rule.prefixes.end(), [&](std::string_view prefix) {
    return value.size() > prefix.size() &&
           std::string_view(value).substr(0, prefix.size()) == prefix;
  });
}

std::string range_text(const Rule& rule) {
  const bool low = std::isfinite(rule.min), high = std::isfinite(rule.max);
  if (low && high)
    return fmt::format(" {} {} to {}", rule.above_min ? "above" : "from", rule.min, rule.max);
  if (low) return fmt::format(" {} {}", rule.above_min ? "above" : "of at least", rule.min);
  return "";
}

std::string allowed_text(const Rule& rule) {
  std::vector<std::string> names;
  for (const auto& name : rule.allowed) names.push_back('"' + std::string(name) + '"');
  for (const auto& prefix : rule.prefixes) {
    names.push_back('"' + std::string(prefix) +
                    (prefix == "file:" || prefix == "state:" ? "PATH\"" : "NAME\""));
  }
  const std::vector<std::string_view> views(names.begin(), names.end());
  return one_of(views);
}

std::string section_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? "" : std::string(name.substr(0, dot));
}

std::string_view leaf_of(std::string_view name) {
  const std::size_t dot = name.find('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

}  // namespace

Rule any() { return {}; }

Rule path() {
  Rule rule;
  rule.is_path = true;
  return rule;
}

Rule at_least(double min) {
  Rule rule;
  rule.min = min;
  return rule;
}

Rule between(double min, double max) {
  Rule rule = at_least(min);
  rule.max = max;
  return rule;
}

Rule positive(double max) {
  Rule rule = between(0, max);
  rule.above_min = true;
  return rule;
}

Rule one_of_names(std::vector<std::string_view> allowed, std::vector<std::string_view> prefixes) {
  Rule rule;
  rule.allowed = std::move(allowed);
  rule.prefixes = std::move(prefixes);
  return rule;
}

std::string expectation(const Key& key) {
  const std::string names = allowed_text(key.rule);
  if (!names.empty()) return names;
  const std::string type = std::visit(TypeName(), key.field);
  if (type == "true or false") return type;
  const std::string article = type.front() == 'i' ? "an " : "a ";
  return article + type + range_text(key.rule);
}

std::string value_text(const Key& key) { return std::visit(ToText(), key.field); }

void check_rule(const Key& key, const std::string& where) {
  bool good = true;
  if (const auto* value = std::get_if<std::int64_t*>(&key.field)) {
    good = in_range(key.rule, static_cast<double>(**value));
  } else if (const auto* value = std::get_if<double*>(&key.field)) {
    good = in_range(key.rule, **value);
  } else if (const auto* value = std::get_if<std::string*>(&key.field)) {
    good = allowed_name(key.rule, **value);
  }
  if (good) return;
  std::string hint;
  if (const auto* value = std::get_if<std::string*>(&key.field)) {
    hint = did_you_mean(**value, key.rule.allowed);
  }
  throw DataError(where + ": " + std::string(key.name) + ": expected " + expectation(key) +
                  ", found " + plain_text(value_text(key), kMaxShown) + hint);
}

bool is_listed(std::string_view name, const std::vector<std::string_view>& list) {
  return std::any_of(list.begin(), list.end(), [&](std::string_view s) {
    return s.back() == '.' ? name.substr(0, s.size()) == s : name == s;
  });
}

std::string to_toml(const std::vector<Key>& keys, const std::vector<std::string_view>& skip) {
  std::string out;
  std::string section;
  for (const Key& key : keys) {
    if (is_listed(key.name, skip)) continue;
    if (const std::string own = section_of(key.name); own != section) {
      section = own;
      out += fmt::format("{}[{}]\n", out.empty() ? "" : "\n", section);
    }
    out += fmt::format("{} = {}\n", leaf_of(key.name), value_text(key));
  }
  return out;
}

std::string to_markdown(const std::vector<Key>& keys) {
  std::string out = "| key | type | default | allowed | meaning |\n|---|---|---|---|---|\n";
  for (const Key& key : keys) {
    const std::string names = allowed_text(key.rule);
    const std::string allowed = names.empty() ? range_text(key.rule) : " " + names;
    const std::string alias = key.alias.empty() ? "" : fmt::format(" Also spelt `{}`.", key.alias);
    out += fmt::format("| `{}` | {} | `{}` |{} | {}{} |\n", key.name,
                       std::visit(TypeName(), key.field), value_text(key), allowed, key.doc, alias);
  }
  return out;
}

}  // namespace cleave
