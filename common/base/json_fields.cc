#include "common/base/json_fields.h"

#include <algorithm>
#include <utility>

#include "common/base/error.h"

namespace cleave {
namespace {

using nlohmann::json;

constexpr std::int64_t kMaxSize = 1 << 24;
constexpr std::size_t kMaxItems = 100'000;

// A terminal may print it.
bool is_plain(const json& value) {
  if (!value.is_string()) return false;
  const auto& text = value.get_ref<const std::string&>();
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// As a message shows it: short, on one line, in ASCII.
std::string shown(const json& value) {
  return value.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 60);
}

}  // namespace

JsonFields::JsonFields(std::string_view text, std::string file, std::string owner)
    : file_(std::move(file)),
      owner_(std::move(owner)),
      json_(parse_strictly(text, file_, owner_)) {}

JsonFields::JsonFields(json json, std::string file, std::string owner, std::string prefix)
    : file_(std::move(file)),
      owner_(std::move(owner)),
      prefix_(std::move(prefix)),
      json_(std::move(json)) {}

bool JsonFields::has(const std::string& key) const {
  const auto found = json_.find(key);
  return found != json_.end() && !found->is_null() && !(found->is_structured() && found->empty());
}

bool JsonFields::is_text(const std::string& key) const { return json_.at(key).is_string(); }

const json& JsonFields::require(const std::string& key) {
  if (!has(key)) throw DataError(file_ + ": the key \"" + path(key) + "\" is missing");
  read_.insert(key);
  return json_.at(key);
}

void JsonFields::bad(const std::string& key, const std::string& expected) const {
  throw DataError(file_ + ": " + path(key) + ": expected " + expected + ", found " +
                  shown(json_.at(key)));
}

void JsonFields::unsupported(const std::string& key) const {
  throw DataError(file_ + ": " + path(key).substr(0, 80) + " = " + shown(json_.at(key)) +
                  " changes what the " + owner_ +
                  " computes, or is a key that Cleave does not know; export it again without");
}

std::string JsonFields::text(const std::string& key) {
  const json& value = require(key);
  if (!is_plain(value)) bad(key, "a string without control characters");
  return value.get<std::string>();
}

std::int64_t JsonFields::size(const std::string& key) {
  const json& value = require(key);
  if (!value.is_number_integer() || value < 1 || value > kMaxSize) bad(key, "a positive integer");
  return value.get<std::int64_t>();
}

double JsonFields::number(const std::string& key) {
  const json& value = require(key);
  if (!value.is_number()) bad(key, "a number");
  return value.get<double>();
}

bool JsonFields::flag(const std::string& key) {
  const json& value = require(key);
  if (!value.is_boolean()) bad(key, "true or false");
  return value.get<bool>();
}

bool JsonFields::flag_or(const std::string& key, bool fallback) {
  return has(key) ? flag(key) : fallback;
}

std::vector<std::string> JsonFields::names(const std::string& key) {
  const json& value = require(key);
  std::set<std::string> out;
  if (!value.is_array() || value.size() > kMaxItems) bad(key, "a list of names");
  for (const json& item : value) {
    if (!is_plain(item) || item.get<std::string>().empty()) bad(key, "a list of names");
    out.insert(item.get<std::string>());
  }
  return {out.begin(), out.end()};
}

std::vector<std::int64_t> JsonFields::indices(const std::string& key) {
  const json& value = require(key);
  const json list = value.is_array() ? value : json::array({value});
  std::set<std::int64_t> out;
  for (const json& item : list) {
    if (!item.is_number_integer() || item < 0 || item > kMaxSize) bad(key, "numbers of layers");
    out.insert(item.get<std::int64_t>());
  }
  return {out.begin(), out.end()};
}

const json& JsonFields::value(const std::string& key) { return require(key); }

JsonFields JsonFields::object(const std::string& key) {
  const json& value = require(key);
  if (!value.is_object()) bad(key, "an object");
  return JsonFields(value, file_, owner_, path(key) + ".");
}

std::vector<JsonFields> JsonFields::objects(const std::string& key) {
  const json& value = require(key);
  if (!value.is_array() || value.size() > kMaxItems) bad(key, "a list of objects");
  std::vector<JsonFields> out;
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (!value[i].is_object()) bad(key, "a list of objects");
    out.push_back(JsonFields(value[i], file_, owner_, path(key) + "[" + std::to_string(i) + "]."));
  }
  return out;
}

void JsonFields::ignore(const std::vector<std::string>& keys) {
  read_.insert(keys.begin(), keys.end());
}

void JsonFields::expect_off(const std::vector<std::string>& keys, const std::string& off) {
  for (const std::string& key : keys) {
    read_.insert(key);
    if (!has(key)) continue;
    const json& value = json_.at(key);
    if (value == false || (!off.empty() && value == off)) continue;
    unsupported(key);
  }
}

void JsonFields::expect(const std::string& key, const json& only) {
  read_.insert(key);
  if (has(key) && json_.at(key) != only) bad(key, shown(only) + ", the only one supported");
}

void JsonFields::refuse_the_rest() const {
  for (const auto& [key, value] : json_.items()) {
    if (has(key) && !read_.contains(key)) unsupported(key);
  }
}

}  // namespace cleave
