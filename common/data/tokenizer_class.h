// Which class of transformers opens a tokenizer's folder, and the special tokens that it has unless
// a file names others. No I/O.
#pragma once

#include "common/data/tokenizer_document.h"
#include "common/data/tokenizer_settings.h"

namespace cleave {

// Those of transformers that build a tokenizer of their own from the files' vocabulary, and the
// one that takes tokenizer.json as it is.
enum class TokenizerClass { kAny, kBert, kRoberta, kGpt2, kLlama };

// `document` may be null: no tokenizer.json. Errors: DataError for a class that is not known.
TokenizerClass class_of(const TokenizerSettings& settings, const TokenizerDocument* document);

void add_defaults(TokenizerClass of, TokenizerSettings& settings);

}  // namespace cleave
