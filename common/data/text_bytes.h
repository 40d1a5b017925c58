// Whether bytes are text as everything here reads it: UTF-8, without NUL. It converts nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cleave {

// Where the first byte stands that cannot be in UTF-8 text; npos: nowhere. Over-long forms,
// surrogates and what is above U+10FFFF count as wrong, as in Unicode's table 3-7; so does NUL.
std::size_t first_wrong_byte(std::string_view text);

// Errors: DataError naming file and line, and how to convert it, for another encoding (Latin-1,
// UTF-16 and UTF-32 are told apart) and for bytes that are no text.
void require_utf8(std::string_view text, const std::string& file);

}  // namespace cleave
