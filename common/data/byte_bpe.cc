#include "common/data/byte_bpe.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "common/base/error.h"

namespace cleave {
namespace {

enum class Class { kLetter, kNumber, kSpace, kOther };

struct Character {
  std::size_t begin, end;  // bytes
  Class kind;
};

Class class_of(UChar32 c) {
  if (c < 0) return Class::kOther;  // not UTF-8
  if ((U_GET_GC_MASK(c) & U_GC_L_MASK) != 0) return Class::kLetter;
  if ((U_GET_GC_MASK(c) & U_GC_N_MASK) != 0) return Class::kNumber;
  return u_isUWhiteSpace(c) ? Class::kSpace : Class::kOther;
}

std::vector<Character> characters(std::string_view text) {
  std::vector<Character> out;
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(text.size());
  for (std::int32_t i = 0; i < size;) {
    const std::int32_t begin = i;
    UChar32 c = 0;
    U8_NEXT(bytes, i, size, c);
    out.push_back({static_cast<std::size_t>(begin), static_cast<std::size_t>(i), class_of(c)});
  }
  return out;
}

// Bytes of the contraction that `text` begins with; 0: none.
std::size_t contraction(std::string_view text) {
  for (const std::string_view known : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
    if (text.substr(0, known.size()) == known) return known.size();
  }
  return 0;
}

// The character that GPT-2 prints a byte as: itself, or one after U+0100.
UChar32 printable(int byte) {
  const auto plain = [](int b) {
    return (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  };
  if (plain(byte)) return byte;
  UChar32 next = 0x100;
  for (int b = 0; b < byte; ++b) next += plain(b) ? 0 : 1;
  return next;
}

// Of characters below U+0800.
std::string utf8(UChar32 c) {
  if (c < 0x80) return {static_cast<char>(c)};
  return {static_cast<char>(0xc0 | (c >> 6)), static_cast<char>(0x80 | (c & 0x3f))};
}

// A piece's bytes from its printable characters; empty for what is spelt otherwise.
std::string bytes_of(const std::string& piece, const std::unordered_map<UChar32, char>& byte_of) {
  std::string out;
  const auto* const data = reinterpret_cast<const std::uint8_t*>(piece.data());
  for (std::int32_t i = 0, size = static_cast<std::int32_t>(piece.size()); i < size;) {
    UChar32 c = 0;
    U8_NEXT(data, i, size, c);
    const auto found = byte_of.find(c);
    if (found == byte_of.end()) return "";
    out += found->second;
  }
  return out;
}

// Without the bytes of a character that its end cuts off.
void drop_incomplete_end(std::string& text) {
  std::size_t begin = text.size();
  while (begin > 0 && text.size() - begin < 3 && U8_IS_TRAIL(text[begin - 1])) --begin;
  if (begin == 0 || !U8_IS_LEAD(static_cast<std::uint8_t>(text[begin - 1]))) return;
  const auto lead = static_cast<std::uint8_t>(text[begin - 1]);
  if (text.size() - begin < static_cast<std::size_t>(U8_COUNT_TRAIL_BYTES(lead))) {
    text.resize(begin - 1);
  }
}

}  // namespace

std::vector<std::string_view> split_as_gpt2(std::string_view text) {
  const std::vector<Character> all = characters(text);
  const auto kind = [&](std::size_t i) { return i < all.size() ? all[i].kind : Class::kSpace; };
  std::vector<std::string_view> words;
  for (std::size_t i = 0; i < all.size();) {
    std::size_t end = i;
    if (const std::size_t bytes = contraction(text.substr(all[i].begin)); bytes > 0) {
      end = i + bytes;  // contractions are ASCII: a byte a character
    } else {
      const bool spaced = text[all[i].begin] == ' ' && kind(i + 1) != Class::kSpace;
      const std::size_t first = spaced ? i + 1 : i;
      for (end = first; end < all.size() && kind(end) == kind(first); ++end) {
      }
      // Of a run of whitespace the last goes to the word that follows.
      if (kind(first) == Class::kSpace && end < all.size() && end - first > 1) --end;
    }
    words.push_back(text.substr(all[i].begin, all[end - 1].end - all[i].begin));
    i = end;
  }
  return words;
}

ByteBpe::ByteBpe(const Vocabulary& vocabulary, const Merges& merges, ByteBpeOptions options)
    : merges_(vocabulary, merges), options_(std::move(options)) {
  std::unordered_map<UChar32, char> byte_of;
  for (int b = 0; b < 256; ++b) {
    byte_ids_[b] = piece_id(vocabulary, utf8(printable(b)));
    byte_of[printable(b)] = static_cast<char>(b);
  }
  for (const auto& [piece, id] : vocabulary) {
    const std::string bytes = bytes_of(piece, byte_of);
    bytes_[id] = bytes.empty() ? piece : bytes;
  }
  std::vector<AddedToken> added;
  for (const auto& [name, id] : options_.special) {
    bytes_[id] = name;
    added.push_back({.content = name, .id = id, .left_strip = true, .right_strip = true});
  }
  set_added(std::move(added));
  if (options_.begin && options_.separate) {
    set_frame(roberta_frame(*options_.begin, *options_.separate));
  }
}

void ByteBpe::segment(std::string_view text, bool, std::vector<std::int32_t>& out) const {
  const bool spaced = options_.prefix_space && !text.empty() && text.front() != ' ';
  const std::string whole = (spaced ? " " : "") + std::string(text);
  std::vector<std::int32_t> ids;
  for (const std::string_view word : split_as_gpt2(whole)) {
    ids.clear();
    for (const char c : word) ids.push_back(byte_ids_[static_cast<std::uint8_t>(c)]);
    merges_.apply(ids);
    out.insert(out.end(), ids.begin(), ids.end());
  }
}

std::string ByteBpe::text(std::span<const std::int32_t> ids) const {
  const auto is_special = [&](std::int32_t id) {
    return std::any_of(options_.special.begin(), options_.special.end(),
                       [&](const auto& special) { return special.second == id; });
  };
  std::string out;
  bool after_special = false;
  for (const std::int32_t id : ids) {
    const auto found = bytes_.find(id);
    if (found == bytes_.end()) continue;
    const bool special = is_special(id);
    // The spaces that pieces() took from around it.
    if (after_special || (special && !out.empty() && out.back() != ' ')) out += ' ';
    out += found->second;
    after_special = special;
  }
  drop_incomplete_end(out);
  return out;
}

}  // namespace cleave
