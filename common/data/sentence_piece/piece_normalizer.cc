#include "common/data/sentence_piece/piece_normalizer.h"

#include <unicode/utf8.h>

namespace cleave {

std::size_t valid_character(std::string_view text) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  const auto size = static_cast<std::int32_t>(std::min<std::size_t>(text.size(), 4));
  std::int32_t end = 0;
  UChar32 c = 0;
  U8_NEXT(bytes, end, size, c);
  return c < 0 ? 0 : static_cast<std::size_t>(end);
}

PieceNormalizer::PieceNormalizer(const SentencePieceModel& model)
    : rules_(model.charsmap),
      add_space_(model.add_space),
      space_as_suffix_(model.space_as_suffix),
      trim_spaces_(model.trim_spaces),
      mark_spaces_(model.mark_spaces) {}

Charsmap::Rule PieceNormalizer::first(std::string_view text, const PieceIndex& kept) const {
  if (const std::size_t bytes = kept.longest_prefix(text)) return {bytes, text.substr(0, bytes)};
  if (const Charsmap::Rule rule = rules_.longest(text); rule.bytes > 0) return rule;
  if (const std::size_t bytes = valid_character(text)) return {bytes, text.substr(0, bytes)};
  return {1, kReplacement};
}

std::string PieceNormalizer::operator()(std::string_view text, const PieceIndex& kept) const {
  while (trim_spaces_ && !text.empty()) {
    const Charsmap::Rule leading = first(text, kept);
    if (leading.replacement != " ") break;
    text.remove_prefix(leading.bytes);
  }
  std::string out;
  if (text.empty()) return out;
  const std::string_view space = mark_spaces_ ? kSpaceMark : " ";
  if (add_space_ && !space_as_suffix_) out += space;
  bool after_space = trim_spaces_;
  while (!text.empty()) {
    const Charsmap::Rule next = first(text, kept);
    std::string_view normal = next.replacement;
    while (after_space && !normal.empty() && normal.front() == ' ') normal.remove_prefix(1);
    for (const char c : normal) c == ' ' ? out += space : out += c;
    if (!normal.empty()) after_space = trim_spaces_ && normal.back() == ' ';
    text.remove_prefix(next.bytes);
  }
  while (trim_spaces_ && out.size() >= space.size() &&
         std::string_view(out).substr(out.size() - space.size()) == space) {
    out.resize(out.size() - space.size());
  }
  if (add_space_ && space_as_suffix_) out += space;
  return out;
}

}  // namespace cleave
