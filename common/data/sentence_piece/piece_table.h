// The pieces of a SentencePiece model, checked, and found by their text; and a text's two
// segmentations into them. No normalization, no special tokens.
//
// Thread-safe after construction.
#pragma once

#include <array>

#include "common/data/sentence_piece/piece_index.h"
#include "common/data/sentence_piece/sentence_piece_model.h"

namespace cleave {

class PieceTable {
 public:
  // Errors: DataError for an empty piece, one that is there twice, a score that is not finite, not
  // exactly one unknown piece, or bytes that are not all 256 with `byte_fallback` and none without.
  PieceTable(std::vector<ScoredPiece> pieces, bool byte_fallback);
  PieceTable(const PieceTable&) = delete;
  PieceTable(PieceTable&&) = default;

  std::int32_t size() const { return static_cast<std::int32_t>(pieces_.size()); }
  const ScoredPiece& operator[](std::int32_t id) const {
    return pieces_[static_cast<std::size_t>(id)];
  }
  bool is(ScoredPiece::Kind kind, std::int32_t id) const { return (*this)[id].kind == kind; }

  std::int32_t unknown() const { return unknown_; }
  bool has_bytes() const { return bytes_[0] >= 0; }
  std::int32_t byte_id(std::uint8_t byte) const { return bytes_[byte]; }
  // The byte that a piece of this kind stands for.
  static std::uint8_t byte_of(const ScoredPiece& piece);

  // What segmentation may find: normal, user-defined and unused pieces.
  const PieceIndex& found() const { return found_; }
  // User-defined pieces, which are cut out of a text as they are.
  const PieceIndex& kept() const { return kept_; }
  // The piece of any kind with this text; the unknown one where there is none.
  std::int32_t id_of(std::string_view text) const;
  // Of the normal pieces; the highest is above 0, as the reference has it.
  float lowest_score() const { return lowest_; }
  float highest_score() const { return highest_; }

 private:
  std::vector<ScoredPiece> pieces_;
  PieceIndex found_, kept_, reserved_;
  std::array<std::int32_t, 256> bytes_;
  std::int32_t unknown_ = -1;
  float lowest_, highest_;
};

// A part of a normalized text and its piece.
struct Segment {
  std::string_view text;
  std::int32_t id;
};

// The segmentation of the highest sum of scores; a character without a piece counts as one of the
// lowest score - 10, and the user-defined as better than any.
std::vector<Segment> segment_by_unigram(const PieceTable& pieces, std::string_view text);

// Characters, merged pair by pair: of all pairs that make a piece, the one of the highest score
// first, and of equals the leftmost. Unused pieces are taken apart again.
std::vector<Segment> segment_by_bpe(const PieceTable& pieces, std::string_view text);

// Bytes of the first UTF-8 character by its lead byte alone, at most those that are there.
std::size_t first_character(std::string_view text);

}  // namespace cleave
