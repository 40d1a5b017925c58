#include "client/local_model.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "client/objective.h"
#include "common/base/error.h"
#include "common/tuning/tuned_tail.h"

namespace cleave {
namespace {

using at::Tensor;

StepOutcome outcome_of(Task task, const Tensor& loss, const Tensor& logits) {
  return {loss.item<float>(), predicted_classes(task, logits)};
}

}  // namespace

LocalModel::LocalModel(const JobParts& parts, const Job& job, const State& start)
    : parts_(parts),
      job_(job),
      state_(trainable_part(tuning_context(parts, job), start)),
      trainer_(make_trainer(job, state_)) {
  const Sites sites = sites_over(tuning_context(parts, job), state_);
  head_ = make_head(parts.config, *parts.architecture, parts.cut, parts.frozen, sites);
  tail_ = tail_over(state_, parts.config, *parts.architecture, parts.cut, parts.readout(),
                    parts.stored, sites);
}

Rows LocalModel::begin(const Batch& batch) {
  CLEAVE_CHECK(!pending_.defined());
  trainer_.zero_grad();
  const Rows rows = head_(batch);
  pending_ = rows.x;
  return {rows.x.detach(), rows.layout};
}

LocalModel::Middle LocalModel::middle(const Tensor& features, const Layout& layout,
                                      const Batch& batch) {
  const Tensor leaf = features.detach().requires_grad_(true);
  const Rows logits = tail_.read(leaf, layout);
  const Tensor loss = loss_of(parts_.task, logits.x, *logits.layout, batch);
  loss.backward();
  return {outcome_of(parts_.task, loss, logits.x), leaf.grad()};
}

void LocalModel::finish(const Tensor& smashed_grad) {
  CLEAVE_CHECK(pending_.defined());
  if (pending_.requires_grad()) pending_.backward(smashed_grad.to(pending_.scalar_type()));
  pending_.reset();
  trainer_.step();
}

StepOutcome LocalModel::bypass_step(const Batch& batch) {
  trainer_.zero_grad();
  const Rows rows = head_(batch);
  const Rows logits = tail_.read(rows.x, *rows.layout);
  const Tensor loss = loss_of(parts_.task, logits.x, *logits.layout, batch);
  loss.backward();
  trainer_.step();
  return outcome_of(parts_.task, loss, logits.x);
}

Tensor LocalModel::bypass_logits(const Batch& batch, bool tuned) const {
  const torch::NoGradGuard no_grad;
  const Rows rows = tuned ? head_(batch) : parts_.head(batch);
  return tail_(rows.x, *rows.layout);
}

Rows LocalModel::smashed(const Batch& batch) const {
  const torch::NoGradGuard no_grad;
  return head_(batch);
}

Tensor LocalModel::logits(const Tensor& features, const Layout& layout) const {
  const torch::NoGradGuard no_grad;
  return tail_(features, layout);
}

}  // namespace cleave
