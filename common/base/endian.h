// Whole numbers out of the bytes of a file, whichever end comes first.
// Thread-safe: pure functions. They take at most eight bytes.
#pragma once

#include <cstdint>
#include <string_view>

namespace cleave {

std::uint64_t big_endian(std::string_view bytes);
std::uint64_t little_endian(std::string_view bytes);

}  // namespace cleave
