// What is said where tokenizer.json and tokenizer_config.json of a folder do not say the same.
#pragma once

#include <optional>
#include <string>

namespace cleave {

// Errors: DataError that names both.
[[noreturn]] void contradict(const std::string& in_document, const std::string& in_config);

// A flag as JSON writes it; null where it is not given.
std::string said(const std::optional<bool>& value);

}  // namespace cleave
