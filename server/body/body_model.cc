#include "server/body/body_model.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/grad_mode.h>
#include <torch/optim/adam.h>

namespace cleave {
namespace {

std::unique_ptr<torch::optim::Optimizer> make_optimizer(const Job& job, const State& state) {
  if (state.tensors.empty()) return nullptr;
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : state.tensors) tensors.push_back(tensor);
  auto options = torch::optim::AdamOptions(job.optimizer.lr_tail);
  options.betas({job.optimizer.beta1, job.optimizer.beta2}).eps(job.optimizer.eps);
  return std::make_unique<torch::optim::Adam>(std::move(tensors), options);
}

}  // namespace

BodyModel::BodyModel(const JobParts& parts, const Job& job, const State& start)
    : job_(job),
      state_(trainable(start)),
      body_(make_body(parts.config, *parts.architecture, parts.cut, parts.frozen,
                      sites_over(tuning_context(parts, job), state_))),
      optimizer_(make_optimizer(job, state_)) {}

BodyModel::~BodyModel() = default;

BodyStep BodyModel::forward(const Rows& smashed) {
  if (optimizer_) optimizer_->zero_grad();
  BodyStep step;
  step.input = smashed.x.detach().requires_grad_(true);
  step.features = body_({step.input, smashed.layout});
  return step;
}

at::Tensor BodyModel::backward(BodyStep step, const at::Tensor& features_grad) {
  // A body without blocks hands its input through: the gradient is the one that came.
  if (step.features.x.is_same(step.input)) return features_grad;
  step.features.x.backward(features_grad.to(step.features.x.scalar_type()));
  if (optimizer_) optimizer_->step();
  return step.input.grad();
}

Rows BodyModel::inference(const Rows& smashed) const {
  const torch::NoGradGuard no_grad;
  return body_(smashed);
}

void BodyModel::reset_optimizer() { optimizer_ = make_optimizer(job_, state_); }

void BodyModel::scale_rates(double factor) {
  if (!optimizer_) return;
  for (auto& group : optimizer_->param_groups()) {
    group.options().set_lr(factor * job_.optimizer.lr_tail);
  }
}

}  // namespace cleave
