#include "common/data/text_bytes.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "common/base/error.h"

namespace cleave {
namespace {

using namespace std::string_view_literals;

// Bytes of the character at the beginning; 0: it is none.
std::size_t character(std::string_view text) {
  const auto at = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const unsigned lead = at(0);
  if (lead < 0x80) return lead != 0 ? 1 : 0;
  const std::size_t size = lead < 0xc2   ? 0
                           : lead < 0xe0 ? 2
                           : lead < 0xf0 ? 3
                           : lead < 0xf5 ? 4
                                         : 0;
  for (std::size_t i = 1; i < size; ++i) {
    if ((at(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned second = at(1);
  const bool over_long = (lead == 0xe0 && second < 0xa0) || (lead == 0xf0 && second < 0x90);
  const bool outside = (lead == 0xed && second > 0x9f) || (lead == 0xf4 && second > 0x8f);
  return over_long || outside ? 0 : size;
}

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
    const std::size_t size = character(text.substr(at));
    if (size == 0) return at;
    at += size;
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
