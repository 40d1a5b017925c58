// SentencePiece's tokenizers, unigram and BPE: text to token ids and back. It reads the models that
// the library trains, gives the library's ids, and trains none (docs/decisions.md says why it is
// not the library itself).
//
// A denormalizer, which a model may hold for the way back, is not applied. Memory bound: the model
// (at most 1 million pieces).
#pragma once

#include <optional>
#include <span>

#include "common/data/sentence_piece/piece_normalizer.h"
#include "common/data/sentence_piece/piece_table.h"
#include "common/data/tokenizer.h"

namespace cleave {

struct SentencePieceOptions {
  std::optional<bool> add_begin;  // unset: where the model has such a piece
  bool add_end = false;
};

class SentencePiece : public Tokenizer {
 public:
  // Errors: DataError for pieces that make no tokenizer (see PieceTable), broken normalization
  // rules, or an option whose piece the model lacks.
  explicit SentencePiece(SentencePieceModel model, SentencePieceOptions options = {});

  // The inverse, but for what normalization changed. Ids outside the vocabulary and special tokens
  // read as nothing, bytes that are no UTF-8 as U+FFFD.
  std::string text(std::span<const std::int32_t> ids) const override;

 private:
  void segment(std::string_view text, bool at_start, std::vector<std::int32_t>& out) const override;

  PieceNormalizer normalize_;
  SentencePieceModel::Segmentation segmentation_;
  std::string unknown_text_;
  PieceTable table_;
};

}  // namespace cleave
