#include "common/config/toml_reader.h"

// One translation unit parses TOML; its library is compiled here and nowhere else.
#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "common/base/error.h"
#include "common/base/nearest.h"
#include "common/base/plain_text.h"
#include "common/config/toml_depth.h"

namespace cleave {
namespace {

namespace fs = std::filesystem;

// Where a value stands: "job.toml:12" or "--set".
struct Source {
  std::string file;
  fs::path folder;
  bool has_lines = true;

  std::string at(const toml::node& node) const {
    if (!has_lines) return file;
    return file + ":" + std::to_string(node.source().begin.line);
  }
};

toml::table parse(std::string_view text, const std::string& file) {
  check_toml_depth(text, file);
  try {
    return toml::parse(text, std::string_view(file));
  } catch (const toml::parse_error& error) {
    throw DataError(file + ":" + std::to_string(error.source().begin.line) +
                    ": not valid TOML: " + std::string(error.description()));
  }
}

std::string short_text(const toml::node& node) {
  std::ostringstream out;
  node.visit([&](const auto& value) { out << value; });
  const std::string text = out.str();
  return text.size() > 60 ? plain_text(text, 57) + "..." : plain_text(text, 60);
}

[[noreturn]] void wrong_type(const Key& key, const toml::node& node, const Source& source) {
  throw DataError(source.at(node) + ": " + std::string(key.name) + ": expected " +
                  expectation(key) + ", found " + short_text(node));
}

std::string located(const std::string& value, const Key& key, const Source& source) {
  const auto absolute = [&](const std::string& path) {
    return fs::absolute(source.folder / path).lexically_normal().string();
  };
  for (const std::string_view prefix : key.rule.prefixes) {
    if (prefix != "file:" && prefix != "state:") continue;
    if (value.size() <= prefix.size() || value.substr(0, prefix.size()) != prefix) continue;
    return std::string(prefix) + absolute(value.substr(prefix.size()));
  }
  return key.rule.is_path && !value.empty() ? absolute(value) : value;
}

void assign(const Key& key, const toml::node& node, const Source& source) {
  if (auto* field = std::get_if<bool*>(&key.field)) {
    if (!node.is_boolean()) wrong_type(key, node, source);
    **field = node.as_boolean()->get();
  } else if (auto* field = std::get_if<std::int64_t*>(&key.field)) {
    if (!node.is_integer()) wrong_type(key, node, source);
    **field = node.as_integer()->get();
  } else if (auto* field = std::get_if<double*>(&key.field)) {
    if (!node.is_number()) wrong_type(key, node, source);
    **field = *node.value<double>();
  } else if (auto* field = std::get_if<std::string*>(&key.field)) {
    if (!node.is_string()) wrong_type(key, node, source);
    **field = located(node.as_string()->get(), key, source);
  } else if (auto* field = std::get_if<std::vector<std::string>*>(&key.field)) {
    if (!node.is_array()) wrong_type(key, node, source);
    std::vector<std::string> items;
    for (const toml::node& item : *node.as_array()) {
      if (!item.is_string()) wrong_type(key, node, source);
      items.push_back(item.as_string()->get());
    }
    **field = std::move(items);
  }
  check_rule(key, source.at(node));
}

const Key* find(const std::vector<Key>& keys, std::string_view name) {
  for (const Key& key : keys) {
    if (key.name == name || (!key.alias.empty() && key.alias == name)) return &key;
  }
  return nullptr;
}

[[noreturn]] void unknown(const std::string& name, const std::string& where,
                          const std::vector<Key>& keys) {
  std::vector<std::string_view> names;
  for (const Key& key : keys) names.push_back(key.name);
  throw DataError(where + ": unknown key \"" + plain_text(name, 80) + "\"" +
                  did_you_mean(name, names) + "; all keys are in docs/job.md");
}

bool is_section(const std::vector<Key>& keys, const std::string& name) {
  for (const Key& key : keys) {
    if (key.name.substr(0, name.size() + 1) == name + ".") return true;
  }
  return false;
}

void apply_table(const toml::table& table, const std::string& prefix, const Source& source,
                 const std::vector<Key>& keys, std::vector<std::string>& set) {
  for (const auto& [leaf, node] : table) {
    const std::string name = prefix + std::string(leaf.str());
    if (const Key* key = find(keys, name)) {
      assign(*key, node, source);
      set.emplace_back(key->name);
    } else if (node.is_table() && prefix.empty() && is_section(keys, name)) {
      apply_table(*node.as_table(), name + ".", source, keys, set);
    } else {
      unknown(name, source.at(node), keys);
    }
  }
}

}  // namespace

std::vector<std::string> apply_toml(std::string_view text, const std::string& file,
                                    const fs::path& folder, const std::vector<Key>& keys) {
  std::vector<std::string> set;
  apply_table(parse(text, file), "", {file, folder}, keys, set);
  return set;
}

void apply_setting(const std::string& setting, const std::vector<Key>& keys) {
  const std::string where = "--set " + setting;
  const std::size_t equals = setting.find('=');
  if (equals == std::string::npos || equals == 0) {
    throw DataError(where + ": expected key=value, e.g. --set optimizer.lr_prompt=0.03");
  }
  const std::string name = setting.substr(0, equals);
  const std::string value = setting.substr(equals + 1);
  const Key* key = find(keys, name);
  if (!key) unknown(name, where, keys);
  const Source source{where, fs::current_path(), false};
  toml::table table;
  check_toml_depth(value, where.substr(0, 80));
  try {
    table = toml::parse("value = " + value);
  } catch (const toml::parse_error&) {
    table.insert("value", value);
  }
  if (table.size() != 1 || !table.contains("value")) table = toml::table{{"value", value}};
  if (std::holds_alternative<std::string*>(key->field) && !table["value"].is_string()) {
    table.insert_or_assign("value", value);
  }
  assign(*key, *table.get("value"), source);
}

std::string peek_string(std::string_view text, const std::string& file, std::string_view name) {
  return parse(text, file)[name].value_or(std::string());
}

}  // namespace cleave
