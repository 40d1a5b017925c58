#include "common/model/token_embedder.h"

#include <ATen/ATen.h>

#include "common/base/error.h"

namespace cleave {

using at::Tensor;

std::vector<std::int64_t> token_ids(const Batch& batch, std::int64_t vocabulary,
                                    std::int64_t most) {
  std::vector<std::int64_t> ids;
  for (const Example* example : batch) {
    if (static_cast<std::int64_t>(example->ids.size()) > most) {
      throw DataError("a text of " + std::to_string(example->ids.size()) +
                      " tokens is longer than the model's " + std::to_string(most) +
                      " positions; lower data.max_length");
    }
    for (const std::int64_t id : example->ids) {
      if (id >= vocabulary) {
        throw DataError("token id " + std::to_string(id) +
                        " is outside the model's vocabulary of " + std::to_string(vocabulary) +
                        "; model and tokenizer do not match");
      }
      ids.push_back(id);
    }
  }
  return ids;
}

Example random_words(std::int64_t tokens, std::int64_t vocabulary,
                     const std::function<double()>& draw) {
  Example words;
  for (std::int64_t i = 0; i < tokens; ++i) {
    words.ids.push_back(static_cast<std::int32_t>(draw() * static_cast<double>(vocabulary)));
  }
  words.pair_begin = static_cast<std::int32_t>(tokens);
  return words;
}

std::vector<std::int64_t> positions_of(const Layout& layout, std::int64_t first) {
  std::vector<std::int64_t> positions;
  for (const std::int64_t n : layout.lengths) {
    for (std::int64_t i = 0; i < n; ++i) positions.push_back(first + layout.first_position + i);
  }
  return positions;
}

TokenEmbedder::TokenEmbedder(Tensor words, Tensor positions, std::int64_t most)
    : words_(std::move(words)), positions_(std::move(positions)), most_(most) {}

std::int64_t TokenEmbedder::length(const Example& example) const {
  return static_cast<std::int64_t>(example.ids.size());
}

Tensor TokenEmbedder::words(const Batch& batch) const {
  const Tensor ids = at::tensor(token_ids(batch, words_.size(0), most_), at::kLong);
  return words_.index_select(0, ids);
}

Tensor TokenEmbedder::place(const Tensor& words, const Layout& layout, const Batch&) const {
  if (!positions_.defined()) return words;
  return words + positions_.index_select(0, at::tensor(positions_of(layout, 0), at::kLong));
}

Tensor TokenEmbedder::fresh_prompt(std::int64_t tokens, const std::function<double()>& draw) const {
  const Example words = random_words(tokens, words_.size(0), draw);
  return embed({&words});
}

}  // namespace cleave
