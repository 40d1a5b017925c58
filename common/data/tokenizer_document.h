// What a tokenizer.json says, read whole: the kinds of parts that the tokenizers of Cleave's
// architectures are made of, and nothing that would go unhonoured. It builds no tokenizer.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "common/data/added_tokens.h"
#include "common/data/bpe_merges.h"
#include "common/data/metaspace_bpe.h"
#include "common/data/token_frame.h"
#include "common/data/wordpiece.h"

namespace cleave {

struct TokenizerDocument {
  enum class Model { kWordPiece, kByteBpe, kMetaspaceBpe } model = Model::kWordPiece;
  Vocabulary vocabulary;
  Merges merges;                            // of either BPE
  WordPieceOptions wordpiece;               // normalizer and model
  bool prefix_space = false;                // of a byte-level BPE
  Metaspace metaspace = Metaspace::kNever;  // of the other
  std::optional<TokenFrame> frame;          // none: the text alone
  bool cut_front = false;
  std::vector<AddedToken> added;  // in order of their ids
};

// Errors: DataError naming the key that Cleave does not honour.
TokenizerDocument parse_tokenizer_document(std::string_view text);

}  // namespace cleave
