// What a SentencePiece model file (tokenizer.model) holds, read and written. It segments nothing
// and does not judge whether the pieces make a tokenizer: that is PieceTable's part.
//
// Field numbers: sentencepiece_model.proto of SentencePiece 0.1.97. Memory bound: the file.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cleave {

// In a normalized text a space is this mark, U+2581.
inline constexpr std::string_view kSpaceMark = "\xe2\x96\x81";

struct ScoredPiece {
  enum class Kind { kNormal = 1, kUnknown, kControl, kUserDefined, kUnused, kByte };
  std::string text;  // of normalized text
  float score = 0;   // kUnigram: log probability; kBpe: the higher, the earlier it is merged
  Kind kind = Kind::kNormal;

  bool operator==(const ScoredPiece&) const = default;
};

struct SentencePieceModel {
  std::vector<ScoredPiece> pieces;  // by id
  enum class Segmentation { kUnigram = 1, kBpe } segmentation = Segmentation::kUnigram;
  bool byte_fallback = false;  // what has no piece is spelt in bytes
  std::string begin_piece = "<s>", end_piece = "</s>";
  std::string unknown_text = " \xe2\x81\x87 ";  // what an unknown id reads as
  // Normalization.
  std::string charsmap;  // compiled rules, see Charsmap; empty: none
  bool add_space = true, space_as_suffix = false;
  bool trim_spaces = true;  // and make one of several
  bool mark_spaces = true;  // write U+2581 for a space

  bool operator==(const SentencePieceModel&) const = default;
};

// Errors: DataError for what is no such file, over 1 million pieces, or segmentation by words or
// characters, which the architectures do not use.
SentencePieceModel parse_sentence_pieces(std::string_view bytes);

// The fields above alone; a reader takes the rest as unset.
std::string write_sentence_pieces(const SentencePieceModel& model);

}  // namespace cleave
