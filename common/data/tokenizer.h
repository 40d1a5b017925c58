// Text to token ids, whichever way a model was trained with: the seam between tokenizer families.
// It knows no model and no labels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/data/added_tokens.h"
#include "common/data/token_frame.h"

namespace cleave {

// Thread-safe after construction.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  // At most `max_length` ids; what is too long is cut from the longer part first. `pair` may be
  // null. Errors: DataError for a pair where the family has no form for one.
  Encoding encode(std::string_view text, const std::string_view* pair,
                  std::int64_t max_length) const;
  // The ids of a text alone, without the special tokens around it; added tokens inside it are one
  // id each.
  std::vector<std::int32_t> pieces(std::string_view text) const;
  // The text of ids, where the family has a way back. Errors: DataError where it has none.
  virtual std::string text(std::span<const std::int32_t> ids) const;

  // Before the first use: what stands around a text, and what is found inside it.
  void set_frame(TokenFrame frame) { frame_ = std::move(frame); }
  void set_added(std::vector<AddedToken> tokens);

 protected:
  Tokenizer() = default;
  Tokenizer(Tokenizer&&) = default;
  Tokenizer& operator=(Tokenizer&&) = default;

 private:
  // The two halves of pieces(), between which added tokens are looked for. `at_start`: a part
  // begins where the text begins.
  virtual std::string normalized(std::string_view text) const;
  virtual void segment(std::string_view normalized, bool at_start,
                       std::vector<std::int32_t>& out) const = 0;

  TokenFrame frame_;
  AddedTokens added_;
};

// Reads the tokenizer of a Hugging Face folder as transformers' AutoTokenizer does: tokenizer.json,
// and without it vocab.txt of WordPiece, vocab.json with merges.txt of byte-level BPE, or
// tokenizer.model of SentencePiece; with what tokenizer_config.json and its companions set. What
// would change an id and is not honoured is refused by file and key (docs/data.md lists both).
// Errors: IoError, DataError naming the folder.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder);

}  // namespace cleave
