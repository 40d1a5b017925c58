#include "common/data/picture_bytes.h"

#include <algorithm>
#include <cstdint>

#include "common/base/endian.h"
#include "common/base/error.h"
#include "common/data/exif.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxPixels = 178'956'970;  // Pillow's
constexpr std::string_view kPng = "\x89PNG\r\n\x1a\n";
constexpr std::string_view kJpeg = "\xff\xd8\xff";

[[noreturn]] void truncated(const std::string& where) {
  throw DataError(where + " is a truncated picture (a broken download or copy?): fetch it again");
}

void check_pixels(std::uint64_t height, std::uint64_t width, const std::string& where) {
  if (height * width <= kMaxPixels) return;
  throw DataError(where + " has " + std::to_string(width) + "x" + std::to_string(height) +
                  " pixels, more than " + std::to_string(kMaxPixels) + ": make it smaller");
}

// Whether a tRNS chunk gives one colour of the picture; of a palette with several Pillow drops it.
bool clears_one_colour(std::string_view chunk, bool palette) {
  if (!palette) return true;
  const auto clear = std::count(chunk.begin(), chunk.end(), '\0');
  const auto full = std::count(chunk.begin(), chunk.end(), '\xff');
  return clear == 1 && clear + full == static_cast<std::ptrdiff_t>(chunk.size());
}

void check_png(std::string_view rest, const std::string& where, bool clear_is_white) {
  bool palette = false;
  rest.remove_prefix(kPng.size());
  while (true) {
    if (rest.size() < 12) truncated(where);
    const std::uint64_t length = big_endian(rest.substr(0, 4));
    const std::string_view type = rest.substr(4, 4);
    if (rest.size() - 12 < length) truncated(where);
    if (type == "IEND") return;
    if (type == "IHDR" && length == 13) {
      check_pixels(big_endian(rest.substr(12, 4)), big_endian(rest.substr(8, 4)), where);
      if (rest[16] == 16 && rest[17] == 0) {
        throw DataError(where +
                        " is grey with 16 bits a pixel, which readers bring to 8 bits in different "
                        "ways: save it with 8 bits");
      }
    }
    if (type == "IHDR" && length == 13) palette = rest[17] == 3;
    if (type == "tRNS" && clear_is_white && clears_one_colour(rest.substr(8, length), palette)) {
      throw DataError(where +
                      " has a transparent colour, which becomes white by do_convert_rgb of "
                      "preprocessor_config.json: save it without");
    }
    rest.remove_prefix(12 + length);
  }
}

bool is_frame(unsigned char marker) {
  return marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc;
}

// Drops what stands before the next marker: the coded pixels after the header of a scan.
void skip_scan(std::string_view& rest, const std::string& where) {
  while (true) {
    const std::size_t at = rest.find('\xff');
    if (at == std::string_view::npos || at + 1 >= rest.size()) truncated(where);
    const auto next = static_cast<unsigned char>(rest[at + 1]);
    if (next == 0 || (next >= 0xd0 && next <= 0xd7)) {
      rest.remove_prefix(at + 2);
    } else {
      return rest.remove_prefix(at);
    }
  }
}

void check_jpeg(std::string_view rest, const std::string& where) {
  rest.remove_prefix(2);
  while (true) {
    if (rest.size() < 2) truncated(where);
    if (rest[0] != '\xff') skip_scan(rest, where);  // stray bytes, which decoders skip too
    const auto marker = static_cast<unsigned char>(rest[1]);
    if (marker == 0xd9) return;
    if (marker == 0xff) {
      rest.remove_prefix(1);
      continue;
    }
    rest.remove_prefix(2);
    if (marker <= 0x01 || (marker >= 0xd0 && marker <= 0xd8)) continue;
    const std::uint64_t length = rest.size() < 2 ? 0 : big_endian(rest.substr(0, 2));
    if (length < 2 || length > rest.size()) truncated(where);
    if (is_frame(marker) && length >= 8) {
      check_pixels(big_endian(rest.substr(3, 2)), big_endian(rest.substr(5, 2)), where);
    }
    rest.remove_prefix(length);
    if (marker == 0xda) skip_scan(rest, where);
  }
}

// The decoder turns JPEG and PNG as their EXIF says, but no WebP. What is cut short it sees itself.
void check_webp(std::string_view rest, const std::string& where) {
  rest.remove_prefix(12);
  while (rest.size() >= 8) {
    const std::string_view type = rest.substr(0, 4);
    const std::uint64_t length = little_endian(rest.substr(4, 4));
    rest.remove_prefix(8);
    if (type == "EXIF" && is_turned(rest.substr(0, length))) {
      throw DataError(where + " is a WebP that its EXIF turns, which is not read: save it upright");
    }
    rest.remove_prefix(std::min<std::uint64_t>(length + length % 2, rest.size()));
  }
}

}  // namespace

void check_picture(std::string_view bytes, const std::string& where, bool clear_is_white) {
  if (bytes.substr(0, kPng.size()) == kPng) check_png(bytes, where, clear_is_white);
  if (bytes.substr(0, kJpeg.size()) == kJpeg) check_jpeg(bytes, where);
  if (bytes.size() >= 12 && bytes.substr(0, 4) == "RIFF" && bytes.substr(8, 4) == "WEBP")
    check_webp(bytes, where);
}

}  // namespace cleave
