#include "common/model/config_reader.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/strict_json.h"

namespace cleave {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxBytes = 16 << 20;
constexpr std::int64_t kMaxSize = 1 << 24;

json parse(const fs::path& path) {
  return parse_strictly(read_file(path, kMaxBytes), path.string(), "model");
}

bool is_index(const json& value) {
  return value.is_number_integer() && value >= 0 && value <= kMaxSize;
}

}  // namespace

ConfigReader::ConfigReader(const fs::path& file)
    : file_(file.string()), json_(std::make_shared<const json>(parse(file))) {}

bool ConfigReader::has(const char* key) const {
  return json_->contains(key) && !(*json_)[key].is_null();
}

const json& ConfigReader::require(const char* key) const {
  if (!has(key)) throw DataError(file_ + ": the key \"" + key + "\" is missing");
  return (*json_)[key];
}

void ConfigReader::bad(const char* key, const std::string& expected) const {
  throw DataError(file_ + ": " + key + ": expected " + expected + ", found " +
                  (*json_)[key].dump(-1, ' ', true).substr(0, 60));
}

std::int64_t ConfigReader::size(const char* key) const {
  const json& value = require(key);
  if (!value.is_number_integer() || value < 1 || value > kMaxSize) bad(key, "a positive integer");
  return value.get<std::int64_t>();
}

std::int64_t ConfigReader::index(const char* key) const {
  const json& value = require(key);
  if (!is_index(value)) bad(key, "an integer that is not negative");
  return value.get<std::int64_t>();
}

std::vector<std::int64_t> ConfigReader::indices(const char* key) const {
  const json& value = require(key);
  if (!value.is_array()) return {index(key)};
  if (!std::all_of(value.begin(), value.end(), is_index)) {
    bad(key, "integers that are not negative");
  }
  return value.get<std::vector<std::int64_t>>();
}

double ConfigReader::number(const char* key) const {
  const json& value = require(key);
  if (!value.is_number()) bad(key, "a number");
  return value.get<double>();
}

std::string ConfigReader::text(const char* key) const {
  const json& value = require(key);
  if (!value.is_string()) bad(key, "a string");
  return value.get<std::string>();
}

bool ConfigReader::flag(const char* key) const {
  const json& value = require(key);
  if (!value.is_boolean()) bad(key, "true or false");
  return value.get<bool>();
}

std::vector<double> ConfigReader::numbers(const char* key, std::size_t count) const {
  const json& value = require(key);
  if (value.is_number()) return std::vector<double>(count, value.get<double>());
  std::vector<double> out;
  if (value.is_array()) {
    for (const json& item : value) {
      if (item.is_number()) out.push_back(item.get<double>());
    }
  }
  if (out.size() == 3 && count == 1) out.resize(1);
  if (out.size() != count) bad(key, std::to_string(count) + " numbers");
  return out;
}

double ConfigReader::number_in(const char* object, const char* key) const {
  const json& value = require(object);
  if (!value.is_object() || !value.contains(key) || !value[key].is_number()) {
    bad(object, std::string("an object with the number ") + key);
  }
  return value[key].get<double>();
}

void ConfigReader::expect(const char* key, const std::string& value) const {
  if (has(key) && (!(*json_)[key].is_string() || (*json_)[key] != value)) {
    bad(key, '"' + value + "\", the only one supported");
  }
}

void ConfigReader::expect_in(const char* object, const char* key, const std::string& value) const {
  const json& holder = require(object);
  if (holder.contains(key) && holder[key] != value) {
    bad(object, std::string(key) + " \"" + value + "\", the only one supported");
  }
}

void ConfigReader::expect_flag(const char* key, bool value) const {
  if (has(key) && flag(key) != value) {
    bad(key, std::string(value ? "true" : "false") + ", the only one supported");
  }
}

std::vector<std::string> ConfigReader::labels() const {
  std::vector<std::string> out;
  if (!has("id2label") || !(*json_)["id2label"].is_object()) return out;
  const json& map = (*json_)["id2label"];
  for (std::size_t i = 0; i < map.size(); ++i) {
    const auto found = map.find(std::to_string(i));
    if (found == map.end() || !found->is_string()) bad("id2label", "names for 0, 1, 2, ...");
    out.push_back(found->get<std::string>());
  }
  return out;
}

}  // namespace cleave
