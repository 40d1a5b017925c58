#include "common/peft/config_fields.h"

#include <algorithm>

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

std::string unsupported(const std::string& file, const std::string& key, const json& value) {
  return file + ": " + key.substr(0, 80) + " = " +
         value.dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 60) +
         " changes what the adapter computes, or is a key that Cleave does not know; export it "
         "again without";
}

}  // namespace

ConfigFields::ConfigFields(std::string_view text, const std::string& file)
    : file_(file), json_(parse_strictly(text, file, "adapter")) {}

bool ConfigFields::has(const std::string& key) const {
  const auto found = json_.find(key);
  return found != json_.end() && !found->is_null() && !(found->is_structured() && found->empty());
}

bool ConfigFields::is_text(const std::string& key) const { return json_.at(key).is_string(); }

const json& ConfigFields::require(const std::string& key) {
  if (!has(key)) throw DataError(file_ + ": the key \"" + key + "\" is missing");
  read_.insert(key);
  return json_.at(key);
}

void ConfigFields::bad(const std::string& key, const std::string& expected) const {
  throw DataError(file_ + ": " + key + ": expected " + expected + ", found " +
                  json_.at(key).dump(-1, ' ', true, json::error_handler_t::replace).substr(0, 60));
}

std::string ConfigFields::text(const std::string& key) {
  const json& value = require(key);
  if (!is_plain(value)) bad(key, "a string without control characters");
  return value.get<std::string>();
}

std::int64_t ConfigFields::size(const std::string& key) {
  const json& value = require(key);
  if (!value.is_number_integer() || value < 1 || value > kMaxSize) bad(key, "a positive integer");
  return value.get<std::int64_t>();
}

double ConfigFields::number(const std::string& key) {
  const json& value = require(key);
  if (!value.is_number()) bad(key, "a number");
  return value.get<double>();
}

bool ConfigFields::flag(const std::string& key) {
  const json& value = require(key);
  if (!value.is_boolean()) bad(key, "true or false");
  return value.get<bool>();
}

std::vector<std::string> ConfigFields::names(const std::string& key) {
  const json& value = require(key);
  std::set<std::string> out;
  if (!value.is_array() || value.size() > kMaxItems) bad(key, "a list of names");
  for (const json& item : value) {
    if (!is_plain(item) || item.get<std::string>().empty()) bad(key, "a list of names");
    out.insert(item.get<std::string>());
  }
  return {out.begin(), out.end()};
}

std::vector<std::int64_t> ConfigFields::indices(const std::string& key) {
  const json& value = require(key);
  const json list = value.is_array() ? value : json::array({value});
  std::set<std::int64_t> out;
  for (const json& item : list) {
    if (!item.is_number_integer() || item < 0 || item > kMaxSize) bad(key, "numbers of layers");
    out.insert(item.get<std::int64_t>());
  }
  return {out.begin(), out.end()};
}

void ConfigFields::ignore(const std::vector<std::string>& keys) {
  read_.insert(keys.begin(), keys.end());
}

void ConfigFields::expect_off(const std::vector<std::string>& keys, const std::string& off) {
  for (const std::string& key : keys) {
    read_.insert(key);
    if (!has(key)) continue;
    const json& value = json_.at(key);
    if (value == false || (!off.empty() && value == off)) continue;
    throw DataError(unsupported(file_, key, value));
  }
}

void ConfigFields::refuse_the_rest() const {
  for (const auto& [key, value] : json_.items()) {
    if (has(key) && !read_.contains(key)) throw DataError(unsupported(file_, key, value));
  }
}

}  // namespace cleave
