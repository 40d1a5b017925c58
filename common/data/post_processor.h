// The post-processor of a tokenizer.json as a frame of special tokens.
#pragma once

#include <optional>

#include "common/base/json_fields.h"
#include "common/data/token_frame.h"

namespace cleave {

// None for one that adds nothing. Errors: DataError naming the key, for a kind or a template that
// no frame is.
std::optional<TokenFrame> read_post_processor(JsonFields fields);

}  // namespace cleave
