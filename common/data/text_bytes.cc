#include "common/data/text_bytes.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "common/base/error.h"
#include "common/base/utf8.h"

namespace cleave {
namespace {

using namespace std::string_view_literals;

// Whether none of eight bytes is NUL or above 127.
bool plain(const char* eight) {
  std::uint64_t word;
  std::memcpy(&word, eight, sizeof word);
  constexpr std::uint64_t kOnes = 0x0101010101010101, kTops = 0x8080808080808080;
  return (word & kTops) == 0 && ((word - kOnes) & kTops) == 0;
}

std::string cure(const std::string& file, const char* encoding) {
  return "; convert it, e.g.: iconv -f " + std::string(encoding) + " -t UTF-8 " + file +
         " > NEW_FILE";
}

}  // namespace

std::size_t first_wrong_byte(std::string_view text) {
  std::size_t at = 0;
  while (at < text.size()) {
    if (at + 8 <= text.size() && plain(text.data() + at)) {
      at += 8;
      continue;
    }
    const Utf8Character next = decode_character(text.substr(at));
    if (next.bytes == 0 || next.code == 0) return at;
    at += next.bytes;
  }
  return std::string_view::npos;
}

void require_utf8(std::string_view text, const std::string& file) {
  const auto begins = [&](std::string_view mark) { return text.substr(0, mark.size()) == mark; };
  if (begins("\xff\xfe\0\0"sv) || begins("\0\0\xfe\xff"sv)) {
    throw DataError(file + " is UTF-32, where UTF-8 is expected" + cure(file, "UTF-32"));
  }
  if (begins("\xff\xfe"sv) || begins("\xfe\xff"sv)) {
    throw DataError(file + " is UTF-16, where UTF-8 is expected" + cure(file, "UTF-16"));
  }
  const std::size_t wrong = first_wrong_byte(text);
  if (wrong == std::string_view::npos) return;
  const auto line =
      1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(wrong), '\n');
  const std::string where = file + ":" + std::to_string(line);
  if (text[wrong] == '\0') {
    throw DataError(where +
                    ": a NUL byte, which no text holds; a file of UTF-16 without a mark is made "
                    "UTF-8 by: iconv -f UTF-16LE -t UTF-8, another one is no text");
  }
  constexpr char kDigits[] = "0123456789abcdef";
  const auto byte = static_cast<unsigned char>(text[wrong]);
  throw DataError(where + ": the byte 0x" + kDigits[byte >> 4] + kDigits[byte & 15] +
                  " is not UTF-8 (Latin-1?)" + cure(file, "LATIN1"));
}

}  // namespace cleave
