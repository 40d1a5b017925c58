// Word embeddings, plus learned positions where the family has them, with no norm: what GPT-2 and
// Llama begin with.
#pragma once

#include "common/model/block.h"

namespace cleave {

class TokenEmbedder : public Embedder {
 public:
  // words (V, D); positions (N, D), or undefined; `most` rows in a text.
  TokenEmbedder(at::Tensor words, at::Tensor positions, std::int64_t most);

  std::int64_t length(const Example& example) const override;
  // Errors: DataError for a text that is too long, or a token outside the vocabulary.
  at::Tensor words(const Batch& batch) const override;
  at::Tensor place(const at::Tensor& words, const Layout& layout,
                   const Batch& batch) const override;
  at::Tensor fresh_prompt(std::int64_t tokens, const std::function<double()>& draw) const override;

 private:
  at::Tensor words_, positions_;
  std::int64_t most_;
};

// The position of every row, from `first` on.
std::vector<std::int64_t> positions_of(const Layout& layout, std::int64_t first);
// The ids of all texts one after another. Errors as above.
std::vector<std::int64_t> token_ids(const Batch& batch, std::int64_t vocabulary, std::int64_t most);
// A text of `tokens` words drawn at random, as a prompt begins.
Example random_words(std::int64_t tokens, std::int64_t vocabulary,
                     const std::function<double()>& draw);

}  // namespace cleave
