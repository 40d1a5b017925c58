// Unicode white space at the ends of UTF-8 text. Bytes that are no UTF-8 are no space.
// Thread-safe: pure functions.
#pragma once

#include <string_view>

namespace cleave {

std::string_view without_space_at_end(std::string_view text);
std::string_view without_space_at_start(std::string_view text);

}  // namespace cleave
