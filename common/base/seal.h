// A text that carries its own SHA-256, so that a flipped bit in it shows. A seal says nothing of
// who wrote the text: whoever can write the file can seal it again.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace cleave {

// What stands where the digest will: 64 zeros.
inline constexpr std::string_view kUnsealed =
    "0000000000000000000000000000000000000000000000000000000000000000";

// Puts into the 64 zeros at text[at] the digest, in hexadecimal, of `before` and the text with its
// zeros. `before` chains texts: a text whose forerunner was taken away does not fit any more.
void seal(std::string& text, std::size_t at, std::string_view before = {});

// Whether the 64 characters at text[at] are that digest; not where the text ends before.
bool is_sealed(std::string_view text, std::size_t at, std::string_view before = {});

}  // namespace cleave
