#include "server/body/body_step.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/grad_mode.h>

namespace cleave {

BodyStep body_forward(const Body& body, const Rows& smashed) {
  BodyStep step;
  step.input = smashed.x.detach().requires_grad_(true);
  step.features = body(step.input, *smashed.layout);
  return step;
}

at::Tensor body_backward(BodyStep step, const at::Tensor& features_grad) {
  // A body without blocks hands its input through: the gradient is the one that came.
  if (step.features.is_same(step.input)) return features_grad;
  step.features.backward(features_grad.to(step.features.scalar_type()));
  return step.input.grad();
}

at::Tensor body_inference(const Body& body, const Rows& smashed) {
  const torch::NoGradGuard no_grad;
  return body(smashed.x, *smashed.layout);
}

}  // namespace cleave
