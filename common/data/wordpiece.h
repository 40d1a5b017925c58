// BERT's WordPiece tokenizer: text to token ids, as in spec pruning_and_data.md 7.1. It knows no
// other tokenizer family and no model.
//
// Thread-safe after construction. Memory bound: the vocabulary (at most 1 million entries).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/data/tokenizer.h"
#include "common/data/vocabulary.h"

namespace cleave {

struct WordPieceOptions {
  bool lower_case = true;
  std::optional<bool> strip_accents;  // unset: as lower_case
  bool split_cjk = true;              // an ideograph is a word of its own
  std::string unknown = "[UNK]", classify = "[CLS]", separate = "[SEP]";
  std::string continuation = "##";
  std::size_t longest_word = 100;  // characters; what is longer is unknown

  bool operator==(const WordPieceOptions&) const = default;
};

class WordPiece : public Tokenizer {
 public:
  // `vocabulary` maps pieces to ids. Its frame is BERT's where the vocabulary has those two pieces.
  // Errors: DataError when the unknown piece is missing.
  WordPiece(Vocabulary vocabulary, WordPieceOptions options);

  std::int32_t vocabulary_size() const { return static_cast<std::int32_t>(ids_.size()); }
  // Ids of pieces that are text, i.e. not [BRACKETED], in ascending order.
  std::vector<std::int32_t> word_ids() const;

 private:
  // Invalid UTF-8 becomes U+FFFD and is dropped.
  std::string normalized(std::string_view text) const override;
  void segment(std::string_view normalized, bool at_start,
               std::vector<std::int32_t>& out) const override;
  void append_word(const std::string& word, std::vector<std::int32_t>& out) const;

  Vocabulary ids_;
  WordPieceOptions options_;
  std::size_t longest_piece_ = 0;
  std::int32_t unknown_ = 0;
};

// Lines, numbered from zero; a piece that is there twice has its last line's number. Errors:
// DataError.
Vocabulary parse_vocab_txt(std::string_view content);

}  // namespace cleave
