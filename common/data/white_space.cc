#include "common/data/white_space.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <cstdint>

namespace cleave {

std::string_view without_space_at_end(std::string_view text) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  auto end = static_cast<std::int32_t>(text.size());
  while (end > 0) {
    std::int32_t before = end;
    UChar32 c = 0;
    U8_PREV(bytes, 0, before, c);
    if (c < 0 || !u_isUWhiteSpace(c)) break;
    end = before;
  }
  return text.substr(0, static_cast<std::size_t>(end));
}

std::string_view without_space_at_start(std::string_view text) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  std::int32_t begin = 0;
  while (begin < size) {
    std::int32_t after = begin;
    UChar32 c = 0;
    U8_NEXT(bytes, after, size, c);
    if (c < 0 || !u_isUWhiteSpace(c)) break;
    begin = after;
  }
  return text.substr(static_cast<std::size_t>(begin));
}

}  // namespace cleave
