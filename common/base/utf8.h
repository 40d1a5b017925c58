// Which character UTF-8 text begins with. No ICU: for what must not link it.
// Thread-safe: a pure function.
#pragma once

#include <cstddef>
#include <string_view>

namespace cleave {

struct Utf8Character {
  char32_t code = 0;
  std::size_t bytes = 0;  // 0: no UTF-8 (cut off, over-long, a surrogate, beyond U+10FFFF)
};

// An empty text begins with NUL of one byte.
Utf8Character decode_character(std::string_view text);

}  // namespace cleave
