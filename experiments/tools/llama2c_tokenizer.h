// The tokenizer files of llama2.c (tok512.bin and the like), as SentencePiece's model. No weights.
//
// Format: int32 longest piece; then per piece float32 score, int32 bytes, text; little-endian.
// Ids 0, 1 and 2 are the unknown, begin and end, 3 to 258 the bytes; a space is a plain space.
#pragma once

#include <string_view>

#include "common/data/sentence_piece/sentence_piece_model.h"

namespace cleave {

// Errors: DataError naming the piece that is broken.
SentencePieceModel parse_llama2c_tokenizer(std::string_view bytes);

}  // namespace cleave
