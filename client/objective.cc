#include "client/objective.h"

#include <ATen/ATen.h>

#include "common/base/error.h"

namespace cleave {

using at::Tensor;

namespace {

// Of every text the tokens from index `first` on.
NextTokens tokens_from(std::size_t first, const Layout& layout, const Batch& batch) {
  std::vector<std::int64_t> rows, tokens;
  std::int64_t begin = 0;  // of the sample
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::vector<std::int32_t>& ids = batch[i]->ids;
    const std::int64_t before = begin + layout.prompt_rows - 1;  // the row before the text's first
    for (std::size_t j = first; j < ids.size(); ++j) {
      rows.push_back(before + static_cast<std::int64_t>(j));
      tokens.push_back(ids[j]);
    }
    begin += layout.lengths[i];
  }
  return {at::tensor(rows, at::kLong), at::tensor(tokens, at::kLong)};
}

}  // namespace

NextTokens next_tokens(const Layout& layout, const Batch& batch) {
  return tokens_from(layout.prompt_rows > 0 ? 0 : 1, layout, batch);
}

NextTokens later_tokens(const Layout& layout, const Batch& batch) {
  return tokens_from(1, layout, batch);
}

Tensor loss_of(Task task, const Tensor& logits, const Layout& layout, const Batch& batch) {
  if (task == Task::kCausalLm) {
    const NextTokens next = next_tokens(layout, batch);
    if (next.rows.numel() == 0) {
      throw DataError("a batch of texts of one token each: nothing to predict");
    }
    return at::cross_entropy_loss(logits.index_select(0, next.rows), next.tokens);
  }
  const std::vector<std::int32_t> labels = labels_of(batch);
  return at::cross_entropy_loss(
      logits, at::tensor(std::vector<std::int64_t>(labels.begin(), labels.end()), at::kLong));
}

std::vector<std::int32_t> predicted_classes(Task task, const Tensor& logits) {
  if (task == Task::kCausalLm) return {};
  const Tensor best = logits.detach().argmax(1).to(at::kInt).contiguous();
  return {best.data_ptr<std::int32_t>(), best.data_ptr<std::int32_t>() + best.numel()};
}

}  // namespace cleave
