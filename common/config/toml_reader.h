// Reads TOML text and "key=value" settings into bound keys. Every mistake names the file, the
// line, the key, what was expected and the nearest known key.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/config/keys.h"

namespace cleave {

// Applies the document; `folder` is what its relative paths are relative to. Returns the names of
// the keys it set. Errors: DataError.
std::vector<std::string> apply_toml(std::string_view text, const std::string& file,
                                    const std::filesystem::path& folder,
                                    const std::vector<Key>& keys);

// Applies one "section.key=value" of the command line; paths are relative to the current folder.
// A value that is no TOML is taken as a string. Errors: DataError.
void apply_setting(const std::string& setting, const std::vector<Key>& keys);

// The value of one string key in a document, before anything is applied; "" when absent.
std::string peek_string(std::string_view text, const std::string& file, std::string_view name);

}  // namespace cleave
