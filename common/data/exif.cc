#include "common/data/exif.h"

#include <cstdint>

#include "common/base/endian.h"

namespace cleave {

bool is_turned(std::string_view exif) {
  constexpr std::string_view kStart("Exif\0\0", 6);
  constexpr std::uint64_t kOrientation = 0x0112;
  if (exif.substr(0, kStart.size()) == kStart) exif.remove_prefix(kStart.size());
  const bool little = exif.substr(0, 2) == "II";
  const auto number = [&](std::size_t at, std::size_t size) -> std::uint64_t {
    if (at + size > exif.size()) return 0;
    const std::string_view bytes = exif.substr(at, size);
    return little ? little_endian(bytes) : big_endian(bytes);
  };
  const std::uint64_t first = number(4, 4), count = number(first, 2);
  for (std::uint64_t i = 0; i < count; ++i) {
    const std::uint64_t entry = first + 2 + 12 * i;
    if (number(entry, 2) != kOrientation) continue;
    const std::uint64_t value = number(entry + 8, 2);
    return value >= 2 && value <= 8;
  }
  return false;
}

}  // namespace cleave
