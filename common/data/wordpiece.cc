#include "common/data/wordpiece.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "common/base/error.h"

namespace cleave {
namespace {

constexpr std::size_t kMaxWordCharacters = 100;

bool is_space(UChar32 c) {
  return c == '\t' || c == '\n' || c == '\r' || (U_GET_GC_MASK(c) & U_GC_Z_MASK) != 0;
}

bool is_dropped(UChar32 c) {
  if (c == 0 || c == 0xfffd) return true;
  const auto type = u_charType(c);
  return type == U_CONTROL_CHAR || type == U_FORMAT_CHAR;
}

bool is_cjk(UChar32 c) {
  return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
         (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b73f) ||
         (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b820 && c <= 0x2ceaf) ||
         (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

// ASCII symbols count as punctuation too, as BERT has it.
bool is_punctuation(UChar32 c) {
  const bool ascii_symbol = (c >= 33 && c <= 47) || (c >= 58 && c <= 64) || (c >= 91 && c <= 96) ||
                            (c >= 123 && c <= 126);
  return ascii_symbol || (U_GET_GC_MASK(c) & U_GC_P_MASK) != 0;
}

template <class F>
void for_each_character(const icu::UnicodeString& text, F f) {
  for (std::int32_t i = 0; i < text.length();) {
    const UChar32 c = text.char32At(i);
    i += U16_LENGTH(c);
    f(c);
  }
}

icu::UnicodeString lowered_without_accents(const icu::UnicodeString& word) {
  icu::UnicodeString lower;
  for_each_character(word, [&](UChar32 c) { lower.append(u_tolower(c)); });
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* const nfd = icu::Normalizer2::getNFDInstance(status);
  CLEAVE_CHECK(U_SUCCESS(status));
  const icu::UnicodeString decomposed = nfd->normalize(lower, status);
  CLEAVE_CHECK(U_SUCCESS(status));
  icu::UnicodeString out;
  for_each_character(decomposed, [&](UChar32 c) {
    if (u_charType(c) != U_NON_SPACING_MARK) out.append(c);
  });
  return out;
}

std::string to_utf8(const icu::UnicodeString& text) {
  std::string out;
  text.toUTF8String(out);
  return out;
}

std::size_t character_count(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

bool starts_character(char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }

}  // namespace

WordPiece::WordPiece(std::unordered_map<std::string, std::int32_t> vocabulary,
                     WordPieceOptions options)
    : ids_(std::move(vocabulary)), options_(std::move(options)) {
  const auto special = [&](const char* name) {
    const auto found = ids_.find(name);
    if (found == ids_.end()) {
      throw DataError(std::string("the vocabulary has no ") + name + "; is it a BERT vocabulary?");
    }
    return found->second;
  };
  unknown_ = special("[UNK]");
  classify_ = special("[CLS]");
  separate_ = special("[SEP]");
  for (const auto& [piece, id] : ids_) longest_piece_ = std::max(longest_piece_, piece.size());
}

// Rules 1 to 5: clean, split on space and CJK, lower-case, split punctuation off.
std::vector<std::string> WordPiece::split(std::string_view text) const {
  icu::UnicodeString clean;
  for_each_character(
      icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int>(text.size()))),
      [&](UChar32 c) {
        if (is_space(c)) {
          clean.append(UChar32{' '});
        } else if (is_cjk(c)) {
          clean.append(UChar32{' '}).append(c).append(UChar32{' '});
        } else if (!is_dropped(c)) {
          clean.append(c);
        }
      });

  std::vector<std::string> words;
  icu::UnicodeString word;
  const auto end_word = [&] {
    if (word.isEmpty()) return;
    const std::string whole = to_utf8(word);
    const auto& keep = options_.never_split;
    if (std::find(keep.begin(), keep.end(), whole) != keep.end()) {
      words.push_back(whole);
    } else {
      icu::UnicodeString part;
      const auto end_part = [&] {
        if (!part.isEmpty()) words.push_back(to_utf8(part));
        part.remove();
      };
      for_each_character(options_.lower_case ? lowered_without_accents(word) : word,
                         [&](UChar32 c) {
                           if (is_punctuation(c)) {
                             end_part();
                             words.push_back(to_utf8(icu::UnicodeString(c)));
                           } else {
                             part.append(c);
                           }
                         });
      end_part();
    }
    word.remove();
  };
  for_each_character(clean, [&](UChar32 c) {
    if (c == ' ') {
      end_word();
    } else {
      word.append(c);
    }
  });
  end_word();
  return words;
}

// Rule 6: greedy longest match from the left.
void WordPiece::append_word(const std::string& word, std::vector<std::int32_t>& out) const {
  if (character_count(word) > kMaxWordCharacters) {
    out.push_back(unknown_);
    return;
  }
  const std::size_t before = out.size();
  for (std::size_t begin = 0; begin < word.size();) {
    const std::string prefix = begin == 0 ? "" : "##";
    std::size_t end = std::min(word.size(), begin + longest_piece_);
    for (;; --end) {
      if (end == begin) {
        out.resize(before);
        out.push_back(unknown_);
        return;
      }
      if (end < word.size() && !starts_character(word[end])) continue;
      const auto found = ids_.find(prefix + word.substr(begin, end - begin));
      if (found != ids_.end()) {
        out.push_back(found->second);
        break;
      }
    }
    begin = end;
  }
}

std::vector<std::int32_t> WordPiece::pieces(std::string_view text) const {
  std::vector<std::int32_t> out;
  for (const std::string& word : split(text)) append_word(word, out);
  return out;
}

Encoding WordPiece::encode(std::string_view text, const std::string_view* pair,
                           std::int64_t max_length) const {
  std::vector<std::int32_t> a = pieces(text);
  std::vector<std::int32_t> b = pair ? pieces(*pair) : std::vector<std::int32_t>{};
  const std::size_t special = pair ? 3 : 2;
  const std::size_t room = max_length > static_cast<std::int64_t>(special)
                               ? static_cast<std::size_t>(max_length) - special
                               : 0;
  cut_longest_first(a, b, room);

  Encoding out;
  out.ids.push_back(classify_);
  out.ids.insert(out.ids.end(), a.begin(), a.end());
  out.ids.push_back(separate_);
  out.pair_begin = static_cast<std::int32_t>(out.ids.size());
  if (pair) {
    out.ids.insert(out.ids.end(), b.begin(), b.end());
    out.ids.push_back(separate_);
  }
  return out;
}

std::vector<std::int32_t> WordPiece::word_ids() const {
  std::vector<std::int32_t> out;
  for (const auto& [piece, id] : ids_) {
    const bool bracketed = piece.size() > 2 && piece.front() == '[' && piece.back() == ']';
    if (!bracketed) out.push_back(id);
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace cleave
