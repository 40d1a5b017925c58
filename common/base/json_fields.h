// The keys of a strictly parsed JSON object, each read once in its type; what nobody reads is
// refused at the end, so that no key of somebody else's file is dropped in silence.
//
// Order of calls: construct, read or ignore or expect each known key, refuse_the_rest. Not
// thread-safe. It knows no keys of its own.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "common/base/strict_json.h"

namespace cleave {

class JsonFields {
 public:
  // `owner` is what the file belongs to, for messages: "adapter", "model", "tokenizer".
  // Errors: parse_strictly's.
  JsonFields(std::string_view text, std::string file, std::string owner);

  // Whether the key is there and neither null nor an empty list or object.
  bool has(const std::string& key) const;
  bool is_text(const std::string& key) const;

  // Errors of all: DataError naming file and key when it is missing or of another type.
  std::string text(const std::string& key);
  std::int64_t size(const std::string& key);  // in [1, 2^24]
  double number(const std::string& key);
  bool flag(const std::string& key);
  bool flag_or(const std::string& key, bool fallback);        // where it is absent or null
  std::vector<std::string> names(const std::string& key);     // sorted, each once
  std::vector<std::int64_t> indices(const std::string& key);  // one or a list; sorted, each once
  // The value as it is, for what has no type of its own here; counts as read.
  const nlohmann::json& value(const std::string& key);
  // The object under the key, with fields of its own to read and to refuse; its errors name
  // "key.inner".
  JsonFields object(const std::string& key);
  // Likewise each object of the list under the key; errors name "key[2].inner".
  std::vector<JsonFields> objects(const std::string& key);

  // Keys without influence on what the file's owner computes.
  void ignore(const std::vector<std::string>& keys);
  // Keys that are false, or have the value `off`. Errors: DataError where one is switched on.
  void expect_off(const std::vector<std::string>& keys, const std::string& off = "");
  // A key that, where it is there, has this value. Errors: DataError that names both.
  void expect(const std::string& key, const nlohmann::json& only);
  // Errors: DataError for the first key that has a value and was not read.
  void refuse_the_rest() const;

  [[noreturn]] void bad(const std::string& key, const std::string& expected) const;
  // The error of a key that would change what the owner computes and is not supported.
  [[noreturn]] void unsupported(const std::string& key) const;

  const std::string& file() const { return file_; }
  // The key as messages name it, with the objects around it.
  std::string path(const std::string& key) const { return prefix_ + key; }

 private:
  JsonFields(nlohmann::json json, std::string file, std::string owner, std::string prefix);
  const nlohmann::json& require(const std::string& key);

  std::string file_;
  std::string owner_;
  std::string prefix_;
  nlohmann::json json_;
  std::set<std::string> read_;
};

}  // namespace cleave
