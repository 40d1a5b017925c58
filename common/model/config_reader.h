// Typed access to a JSON configuration file of a model folder, with errors that name file and key.
// It knows no keys.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace cleave {

class ConfigReader {
 public:
  // Errors: IoError; DataError when the file holds no JSON object, a key twice, or a request to run
  // code of the folder (auto_map): see common/base/strict_json.h.
  explicit ConfigReader(const std::filesystem::path& file);

  const std::string& file() const { return file_; }
  // Whether the key is there and not null.
  bool has(const char* key) const;

  // Errors of all: DataError when the key is missing or of another type.
  std::int64_t size(const char* key) const;                  // in [1, 2^24]
  std::int64_t index(const char* key) const;                 // in [0, 2^24]
  std::vector<std::int64_t> indices(const char* key) const;  // one, or a list of them
  double number(const char* key) const;
  std::string text(const char* key) const;
  bool flag(const char* key) const;
  // A list of numbers, or one number for all `count` entries; of three for one, the first.
  std::vector<double> numbers(const char* key, std::size_t count) const;
  // A number in an object: "rope_parameters", "rope_theta".
  double number_in(const char* object, const char* key) const;

  // Errors unless the key is absent or has this value.
  void expect(const char* key, const std::string& value) const;
  void expect_flag(const char* key, bool value) const;
  void expect_in(const char* object, const char* key, const std::string& value) const;

  // id2label in order of the ids; empty where there is none.
  std::vector<std::string> labels() const;

  [[noreturn]] void bad(const char* key, const std::string& expected) const;

 private:
  const nlohmann::json& require(const char* key) const;

  std::string file_;
  std::shared_ptr<const nlohmann::json> json_;
};

}  // namespace cleave
