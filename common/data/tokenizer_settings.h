// What tokenizer_config.json, special_tokens_map.json and added_tokens.json of a folder say, read
// whole: each key is one of these fields, without influence on ids, or refused.
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/json_fields.h"
#include "common/data/added_tokens.h"

namespace cleave {

struct TokenizerSettings {
  std::string class_name;  // without "Fast"; empty: none of the files says
  std::string model_type;  // of config.json
  std::optional<bool> lower_case, strip_accents, split_cjk;
  std::optional<bool> prefix_space, add_begin, add_end, legacy;
  std::optional<bool> cut_front;
  std::map<std::string, AddedToken> named;  // by "unk_token" and the like; ids are unknown
  std::vector<AddedToken> extra;            // ids are unknown
  std::vector<AddedToken> added;            // with the ids that the files give them
  bool has_decoder = false;                 // `added` is tokenizer_config.json's own list
};

// Files that are not there say nothing. Errors: IoError, DataError naming file and key.
TokenizerSettings read_tokenizer_settings(const std::filesystem::path& folder);

// The same of the three files' texts; an empty text is a file that is not there.
TokenizerSettings parse_tokenizer_settings(std::string_view config, std::string_view special,
                                           std::string_view added);

// The token of an object of content, lstrip, rstrip, single_word, normalized and special.
AddedToken read_added_token(JsonFields fields);

}  // namespace cleave
