#include "common/data/wordpiece.h"

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "common/base/error.h"
#include "common/data/bpe_merges.h"

namespace cleave {
namespace {

// The tables of the reference are of Unicode 8: a later character is an ordinary sign to it.
bool is_known(UChar32 c) {
  UVersionInfo version;
  u_charAge(c, version);
  return version[0] != 0 && version[0] <= 8;
}

bool is_space(UChar32 c) { return u_isUWhiteSpace(c); }

bool is_dropped(UChar32 c) {
  if (c == '\t' || c == '\n' || c == '\r') return false;
  if (c == 0 || c == 0xfffd) return true;
  const auto mask = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_CO_MASK;
  return (U_GET_GC_MASK(c) & mask) != 0 && is_known(c);
}

// U+1734, U+1885, U+1886, U+A9BD and U+111C9 have changed their category since.
bool is_accent(UChar32 c) {
  if (c == 0x1734) return true;
  if (c == 0x1885 || c == 0x1886 || c == 0xa9bd || c == 0x111c9) return false;
  return u_charType(c) == U_NON_SPACING_MARK && is_known(c);
}

// The blocks that the reference names; its last one begins 0x100 late.
bool is_cjk(UChar32 c) {
  return (c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3400 && c <= 0x4dbf) ||
         (c >= 0x20000 && c <= 0x2a6df) || (c >= 0x2a700 && c <= 0x2b73f) ||
         (c >= 0x2b740 && c <= 0x2b81f) || (c >= 0x2b920 && c <= 0x2ceaf) ||
         (c >= 0xf900 && c <= 0xfaff) || (c >= 0x2f800 && c <= 0x2fa1f);
}

// ASCII symbols count as punctuation too, as BERT has it.
bool is_punctuation(UChar32 c) {
  if (c < 0x80) return u_isgraph(c) && !u_isalnum(c);
  if (c == 0x166d || c == 0x111c9) return true;  // they have changed their category since
  return (U_GET_GC_MASK(c) & U_GC_P_MASK) != 0 && is_known(c);
}

template <class F>
void for_each_character(const icu::UnicodeString& text, F f) {
  for (std::int32_t i = 0; i < text.length();) {
    const UChar32 c = text.char32At(i);
    i += U16_LENGTH(c);
    f(c);
  }
}

icu::UnicodeString from_utf8(std::string_view text) {
  return icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())));
}

icu::UnicodeString without_accents(const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* const nfd = icu::Normalizer2::getNFDInstance(status);
  CLEAVE_CHECK(U_SUCCESS(status));
  const icu::UnicodeString decomposed = nfd->normalize(text, status);
  CLEAVE_CHECK(U_SUCCESS(status));
  icu::UnicodeString out;
  for_each_character(decomposed, [&](UChar32 c) {
    if (!is_accent(c)) out.append(c);
  });
  return out;
}

icu::UnicodeString lowered(const icu::UnicodeString& text) {
  icu::UnicodeString out;
  for_each_character(text, [&](UChar32 c) {
    out.append(u_tolower(c));
    if (c == 0x130) out.append(UChar32{0x307});  // the one letter that becomes two
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

WordPiece::WordPiece(Vocabulary vocabulary, WordPieceOptions options)
    : ids_(std::move(vocabulary)), options_(std::move(options)) {
  unknown_ = piece_id(ids_, options_.unknown);
  for (const auto& [piece, id] : ids_) longest_piece_ = std::max(longest_piece_, piece.size());
  const auto classify = ids_.find(options_.classify), separate = ids_.find(options_.separate);
  if (classify != ids_.end() && separate != ids_.end()) {
    set_frame(bert_frame(classify->second, separate->second));
  }
}

// Rules 1 to 3: clean, put spaces around CJK, strip accents, lower-case.
std::string WordPiece::normalized(std::string_view text) const {
  icu::UnicodeString clean;
  for_each_character(from_utf8(text), [&](UChar32 c) {
    if (is_dropped(c)) return;
    const bool apart = options_.split_cjk && is_cjk(c);
    if (apart) clean.append(UChar32{' '});
    clean.append(is_space(c) ? UChar32{' '} : c);
    if (apart) clean.append(UChar32{' '});
  });
  if (options_.strip_accents.value_or(options_.lower_case)) clean = without_accents(clean);
  return to_utf8(options_.lower_case ? lowered(clean) : clean);
}

// Rules 4 and 5: words end at spaces, and each punctuation character is one.
void WordPiece::segment(std::string_view normalized, bool, std::vector<std::int32_t>& out) const {
  icu::UnicodeString word;
  const auto end_word = [&] {
    if (!word.isEmpty()) append_word(to_utf8(word), out);
    word.remove();
  };
  for_each_character(from_utf8(normalized), [&](UChar32 c) {
    if (u_isUWhiteSpace(c)) return end_word();
    if (!is_punctuation(c)) {
      word.append(c);
      return;
    }
    end_word();
    append_word(to_utf8(icu::UnicodeString(c)), out);
  });
  end_word();
}

// Rule 6: greedy longest match from the left.
void WordPiece::append_word(const std::string& word, std::vector<std::int32_t>& out) const {
  if (character_count(word) > options_.longest_word) {
    out.push_back(unknown_);
    return;
  }
  const std::size_t before = out.size();
  for (std::size_t begin = 0; begin < word.size();) {
    const std::string prefix = begin == 0 ? "" : options_.continuation;
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
