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

namespace cleave {

// Token ids of one text or pair, special tokens included.
struct Encoding {
  std::vector<std::int32_t> ids;
  std::int32_t pair_begin = 0;  // ids from here on have token type 1; ids.size(): none
};

// Thread-safe after construction.
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  // At most `max_length` ids; what is too long is cut from the longer part first. `pair` may be
  // null. Errors: DataError for a pair where the family has no form for one.
  virtual Encoding encode(std::string_view text, const std::string_view* pair,
                          std::int64_t max_length) const = 0;
  // The ids of a text alone, without special tokens.
  virtual std::vector<std::int32_t> pieces(std::string_view text) const = 0;
  // The text of ids, where the family has a way back. Errors: DataError where it has none.
  virtual std::string text(std::span<const std::int32_t> ids) const;
};

// Shortens the longer of two lists of ids until both fit into `room`; where both end up equally
// long, the one that was longer keeps one more.
void cut_longest_first(std::vector<std::int32_t>& a, std::vector<std::int32_t>& b,
                       std::size_t room);

// Reads the tokenizer of a Hugging Face folder: tokenizer.model of SentencePiece, vocab.txt or
// tokenizer.json of WordPiece, vocab.json with merges.txt or tokenizer.json of byte-level BPE.
// Errors: IoError, DataError naming the folder.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& folder);

}  // namespace cleave
