// The added tokens of a tokenizer's folder and what stands around its texts, from what the files
// say and the class that opens them. No I/O.
#pragma once

#include <vector>

#include "common/data/token_frame.h"
#include "common/data/tokenizer_class.h"
#include "common/data/vocabulary.h"

namespace cleave {

// In the order in which transformers adds them, each with its id. `document` may be null.
// Errors: DataError where the files contradict each other or the vocabulary.
std::vector<AddedToken> added_tokens(const TokenizerSettings& settings,
                                     const TokenizerDocument* document, TokenizerClass of,
                                     const Vocabulary& vocabulary);

// In a folder with tokenizer.json that file's frame. `added` are added_tokens'.
// Errors: DataError where a token is missing, or the other files say something else.
TokenFrame whole_frame(TokenizerClass of, const TokenizerDocument* document,
                       const std::vector<AddedToken>& added, const TokenizerSettings& settings);

}  // namespace cleave
