// What training minimises and evaluation counts, from what the tail gives for a batch: class logits
// of every sample, or next-token logits of every row. Labels and token ids are read here and go
// nowhere else.
#pragma once

#include <ATen/core/Tensor.h>

#include "common/data/example.h"
#include "common/exchange/parts.h"

namespace cleave {

// Rows that predict a token, and the tokens. A row predicts the text's next one; the last row of a
// prompt in front predicts the first.
struct NextTokens {
  at::Tensor rows, tokens;  // (N)
};
NextTokens next_tokens(const Layout& layout, const Batch& batch);
// Without every text's first token, which only a prompt in front predicts: the same tokens whatever
// a method inserts, so that perplexities can be compared.
NextTokens later_tokens(const Layout& layout, const Batch& batch);

// The mean over samples (classification) or over predicted tokens. Errors: DataError where a batch
// has nothing to predict.
at::Tensor loss_of(Task task, const at::Tensor& logits, const Layout& layout, const Batch& batch);

// Per sample the most probable class; empty for a language model.
std::vector<std::int32_t> predicted_classes(Task task, const at::Tensor& logits);

}  // namespace cleave
