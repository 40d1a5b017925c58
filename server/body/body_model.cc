#include "server/body/body_model.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/grad_mode.h>

namespace cleave {

BodyModel::BodyModel(const JobParts& parts, const Job& job, const State& start)
    : state_(trainable_part(tuning_context(parts, job), start)),
      body_(make_body(parts.config, *parts.architecture, parts.cut, parts.frozen,
                      sites_over(tuning_context(parts, job), state_))),
      trainer_(make_trainer(job, state_)) {}

BodyStep BodyModel::forward(const Rows& smashed) {
  trainer_.zero_grad();
  BodyStep step;
  step.input = smashed.x.detach().requires_grad_(true);
  step.features = body_({step.input, smashed.layout});
  return step;
}

at::Tensor BodyModel::backward(BodyStep step, const at::Tensor& features_grad) {
  // A body without blocks hands its input through: the gradient is the one that came.
  if (step.features.x.is_same(step.input)) return features_grad;
  step.features.x.backward(features_grad.to(step.features.x.scalar_type()));
  trainer_.step();
  return step.input.grad();
}

Rows BodyModel::inference(const Rows& smashed) const {
  const torch::NoGradGuard no_grad;
  return body_(smashed);
}

}  // namespace cleave
