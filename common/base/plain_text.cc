#include "common/base/plain_text.h"

#include "common/base/utf8.h"

namespace cleave {
namespace {

bool moves_the_cursor(char32_t code) {
  const auto within = [code](char32_t low, char32_t high) { return code >= low && code <= high; };
  return code < 0x20 || within(0x7f, 0x9f) || within(0x200e, 0x200f) || within(0x2028, 0x202e) ||
         within(0x2066, 0x2069);
}

}  // namespace

std::string plain_text(std::string_view text, std::size_t max_bytes) {
  std::string out;
  while (!text.empty()) {
    const Utf8Character next = decode_character(text);
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
