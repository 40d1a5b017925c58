// BERT's WordPiece tokenizer: text to token ids, as in spec pruning_and_data.md 7.1. It knows no
// other tokenizer family and no model.
//
// Thread-safe after construction. Memory bound: the vocabulary (at most 1 million entries).
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/data/tokenizer.h"

namespace cleave {

struct WordPieceOptions {
  bool lower_case = true;                // also strips accents, as BERT's uncased models do
  std::vector<std::string> never_split;  // words that stay whole, e.g. "[UNK]"
};

class WordPiece : public Tokenizer {
 public:
  // `vocabulary` maps pieces to ids. Errors: DataError when [UNK], [CLS] or [SEP] is missing.
  WordPiece(std::unordered_map<std::string, std::int32_t> vocabulary, WordPieceOptions options);

  // The ids of a text alone, without special tokens. Invalid UTF-8 becomes U+FFFD and is dropped.
  std::vector<std::int32_t> pieces(std::string_view text) const override;

  // [CLS] text [SEP], or [CLS] text [SEP] pair [SEP], cut to `max_length` ids by shortening the
  // longer part first. `pair` may be null.
  Encoding encode(std::string_view text, const std::string_view* pair,
                  std::int64_t max_length) const override;

  std::int32_t vocabulary_size() const { return static_cast<std::int32_t>(ids_.size()); }
  // Ids of pieces that are text, i.e. not [BRACKETED], in ascending order.
  std::vector<std::int32_t> word_ids() const;

 private:
  void append_word(const std::string& word, std::vector<std::int32_t>& out) const;
  std::vector<std::string> split(std::string_view text) const;

  std::unordered_map<std::string, std::int32_t> ids_;
  WordPieceOptions options_;
  std::size_t longest_piece_ = 0;
  std::int32_t unknown_ = 0, classify_ = 0, separate_ = 0;
};

// Parsers of the two file forms. Errors: DataError.
std::unordered_map<std::string, std::int32_t> parse_vocab_txt(std::string_view content);
std::unordered_map<std::string, std::int32_t> parse_tokenizer_json(std::string_view content,
                                                                   WordPieceOptions& options);

// Reads vocab.txt with tokenizer_config.json, or tokenizer.json, from a Hugging Face folder.
WordPiece load_wordpiece(const std::filesystem::path& folder);

}  // namespace cleave
