#include "common/base/plain_text.h"

#include <cstdint>

namespace cleave {
namespace {

struct Character {
  char32_t code = 0;
  std::size_t bytes = 0;  // 0: no UTF-8
};

unsigned byte_at(std::string_view text, std::size_t i) {
  return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
}

Character first_character(std::string_view text) {
  const unsigned lead = byte_at(text, 0);
  if (lead < 0x80) return {static_cast<char32_t>(lead), 1};
  const std::size_t bytes = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4) return {};
  char32_t code = lead & (0x7fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const unsigned next = byte_at(text, i);
    if ((next & 0xc0) != 0x80) return {};
    code = code << 6 | (next & 0x3f);
  }
  constexpr char32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kSmallest[bytes] || code > 0x10ffff || surrogate) return {};
  return {code, bytes};
}

bool moves_the_cursor(char32_t code) {
  const auto within = [code](char32_t low, char32_t high) { return code >= low && code <= high; };
  return code < 0x20 || within(0x7f, 0x9f) || within(0x200e, 0x200f) || within(0x2028, 0x202e) ||
         within(0x2066, 0x2069);
}

}  // namespace

std::string plain_text(std::string_view text, std::size_t max_bytes) {
  std::string out;
  while (!text.empty()) {
    const Character next = first_character(text);
    const std::string_view taken = text.substr(0, next.bytes == 0 ? 1 : next.bytes);
    const std::string_view shown = next.bytes == 0               ? std::string_view("?")
                                   : moves_the_cursor(next.code) ? std::string_view(" ")
                                                                 : taken;
    if (out.size() + shown.size() > max_bytes) break;
    out += shown;
    text.remove_prefix(taken.size());
  }
  return out;
}

}  // namespace cleave
