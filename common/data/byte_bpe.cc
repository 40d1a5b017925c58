#include "common/data/byte_bpe.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <queue>

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

std::uint64_t key(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
         static_cast<std::uint32_t>(right);
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

// Pieces of one word, linked, so that a merge is done in place.
struct Symbol {
  std::int32_t id, previous, next;  // -1: none; id -1: merged into the one before
};

struct Candidate {
  std::int32_t rank, at, left, right, merged;
};
struct Later {
  bool operator()(const Candidate& a, const Candidate& b) const {
    return a.rank != b.rank ? a.rank > b.rank : a.at > b.at;
  }
};

std::string_view trimmed_end(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
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

ByteBpe::ByteBpe(const std::unordered_map<std::string, std::int32_t>& vocabulary,
                 const std::vector<std::pair<std::string, std::string>>& merges,
                 ByteBpeOptions options)
    : options_(std::move(options)) {
  const auto id_of = [&](const std::string& piece) {
    const auto found = vocabulary.find(piece);
    if (found == vocabulary.end()) {
      throw DataError("the vocabulary has no piece \"" + piece.substr(0, 40) +
                      "\"; is it one of byte-level BPE?");
    }
    return found->second;
  };
  std::unordered_map<UChar32, char> byte_of;
  for (int b = 0; b < 256; ++b) {
    byte_ids_[b] = id_of(utf8(printable(b)));
    byte_of[printable(b)] = static_cast<char>(b);
  }
  for (const auto& [piece, id] : vocabulary) {
    const std::string bytes = bytes_of(piece, byte_of);
    bytes_[id] = bytes.empty() ? piece : bytes;
  }
  for (const auto& [name, id] : options_.special) bytes_[id] = name;
  std::int32_t rank = 0;
  for (const auto& [left, right] : merges) {
    merges_.emplace(key(id_of(left), id_of(right)), Merge{rank++, id_of(left + right)});
  }
}

void ByteBpe::append_word(std::string_view word, std::vector<std::int32_t>& out) const {
  std::vector<Symbol> symbols;
  for (const char c : word) {
    const auto at = static_cast<std::int32_t>(symbols.size());
    symbols.push_back({byte_ids_[static_cast<std::uint8_t>(c)], at - 1, at + 1});
  }
  symbols.back().next = -1;
  std::priority_queue<Candidate, std::vector<Candidate>, Later> queue;
  std::vector<Candidate> fresh;
  const auto consider = [&](std::int32_t at) {
    if (at < 0 || symbols[static_cast<std::size_t>(at)].next < 0) return;
    const Symbol& left = symbols[static_cast<std::size_t>(at)];
    const std::int32_t right = symbols[static_cast<std::size_t>(left.next)].id;
    const auto found = merges_.find(key(left.id, right));
    if (found == merges_.end()) return;
    fresh.push_back({found->second.rank, at, left.id, right, found->second.id});
  };
  for (std::size_t i = 0; i + 1 < symbols.size(); ++i) consider(static_cast<std::int32_t>(i));
  for (;;) {
    for (const Candidate& candidate : fresh) queue.push(candidate);
    fresh.clear();
    if (queue.empty()) break;
    // All places of the best pair before anything that their merging makes possible.
    for (const std::int32_t rank = queue.top().rank; !queue.empty() && queue.top().rank == rank;) {
      const Candidate best = queue.top();
      queue.pop();
      Symbol& left = symbols[static_cast<std::size_t>(best.at)];
      if (left.id != best.left || left.next < 0) continue;
      Symbol& right = symbols[static_cast<std::size_t>(left.next)];
      if (right.id != best.right) continue;
      left.id = best.merged;
      right.id = -1;
      left.next = right.next;
      if (left.next >= 0) symbols[static_cast<std::size_t>(left.next)].previous = best.at;
      consider(left.previous);
      consider(best.at);
    }
  }
  for (const Symbol& symbol : symbols) {
    if (symbol.id >= 0) out.push_back(symbol.id);
  }
}

void ByteBpe::append_plain(std::string_view text, std::vector<std::int32_t>& out) const {
  for (const std::string_view word : split_as_gpt2(text)) append_word(word, out);
}

std::vector<std::int32_t> ByteBpe::pieces(std::string_view text) const {
  std::vector<std::int32_t> out;
  while (!text.empty()) {
    std::size_t at = text.size();
    const std::pair<std::string, std::int32_t>* found = nullptr;
    for (const auto& special : options_.special) {
      const std::size_t here = text.find(special.first);
      if (here < at) {
        at = here;
        found = &special;
      }
    }
    append_plain(found ? trimmed_end(text.substr(0, at)) : text, out);
    if (!found) break;
    out.push_back(found->second);
    text.remove_prefix(at + found->first.size());
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  }
  return out;
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

Encoding ByteBpe::encode(std::string_view text, const std::string_view* pair,
                         std::int64_t max_length) const {
  const bool framed = options_.begin && options_.separate;
  if (pair && !framed) {
    throw DataError("this tokenizer has no form for a pair of texts; join them in the file");
  }
  const auto with_space = [&](std::string_view part) {
    return pieces((options_.prefix_space ? " " : "") + std::string(part));
  };
  std::vector<std::int32_t> a = with_space(text);
  std::vector<std::int32_t> b = pair ? with_space(*pair) : std::vector<std::int32_t>{};
  const std::int64_t special = !framed ? 0 : pair ? 4 : 2;
  cut_longest_first(a, b,
                    static_cast<std::size_t>(std::max<std::int64_t>(0, max_length - special)));
  Encoding out;
  if (framed) out.ids.push_back(*options_.begin);
  out.ids.insert(out.ids.end(), a.begin(), a.end());
  if (framed) out.ids.push_back(*options_.separate);
  if (pair) {
    out.ids.push_back(*options_.separate);
    out.ids.insert(out.ids.end(), b.begin(), b.end());
    out.ids.push_back(*options_.separate);
  }
  out.pair_begin = static_cast<std::int32_t>(out.ids.size());  // the family has one token type
  return out;
}

}  // namespace cleave
