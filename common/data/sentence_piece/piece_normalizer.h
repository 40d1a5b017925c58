// A text as SentencePiece segments it: characters replaced by the model's rules, spaces trimmed,
// marked and put in front. User-defined pieces pass as they are.
//
// Thread-safe after construction.
#pragma once

#include "common/data/sentence_piece/charsmap.h"
#include "common/data/sentence_piece/piece_index.h"
#include "common/data/sentence_piece/sentence_piece_model.h"

namespace cleave {

class PieceNormalizer {
 public:
  // Reads no pieces. Errors: DataError for broken rules.
  explicit PieceNormalizer(const SentencePieceModel& model);

  // Invalid UTF-8 becomes U+FFFD, byte by byte.
  std::string operator()(std::string_view text, const PieceIndex& kept) const;

  // What the way back must know: whether spaces at the start come from here, or go here.
  bool adds_or_trims() const { return add_space_ || trim_spaces_; }
  bool trims() const { return trim_spaces_; }

 private:
  // The normalized form of what `text` begins with, and the bytes that it takes.
  Charsmap::Rule first(std::string_view text, const PieceIndex& kept) const;

  Charsmap rules_;
  bool add_space_, space_as_suffix_, trim_spaces_, mark_spaces_;
};

// Bytes of the UTF-8 character that `text` begins with; 0: it begins with none.
std::size_t valid_character(std::string_view text);

inline constexpr std::string_view kReplacement = "\xef\xbf\xbd";  // U+FFFD

}  // namespace cleave
