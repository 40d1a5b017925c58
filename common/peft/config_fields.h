// The keys of a strictly parsed JSON object, each read once in its type; what nobody reads is
// refused at the end, so that no key is dropped in silence.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/base/strict_json.h"

namespace cleave {

class ConfigFields {
 public:
  ConfigFields(std::string_view text, const std::string& file);

  // Whether the key is there and neither null nor an empty list or object.
  bool has(const std::string& key) const;
  bool is_text(const std::string& key) const;

  // Errors of all: DataError when the key is missing or of another type.
  std::string text(const std::string& key);
  std::int64_t size(const std::string& key);  // in [1, 2^24]
  double number(const std::string& key);
  bool flag(const std::string& key);
  std::vector<std::string> names(const std::string& key);     // sorted, each once
  std::vector<std::int64_t> indices(const std::string& key);  // one or a list; sorted, each once

  // Keys without influence on what a trained adapter computes.
  void ignore(const std::vector<std::string>& keys);
  // Keys that are false, or have the value `off`. Errors: DataError where one is switched on.
  void expect_off(const std::vector<std::string>& keys, const std::string& off = "");
  // Errors: DataError for the first key that has a value and was not read.
  void refuse_the_rest() const;

  [[noreturn]] void bad(const std::string& key, const std::string& expected) const;

 private:
  const nlohmann::json& require(const std::string& key);

  std::string file_;
  nlohmann::json json_;
  std::set<std::string> read_;
};

}  // namespace cleave
