// Which way up a picture is, by the EXIF block of its file; and the numbers in such blocks.
#pragma once

#include <cstdint>
#include <string_view>

namespace cleave {

std::uint64_t big_endian(std::string_view bytes);
std::uint64_t little_endian(std::string_view bytes);

// Whether the block says that the picture is to be turned or mirrored; not where it is damaged.
bool is_turned(std::string_view exif);

}  // namespace cleave
