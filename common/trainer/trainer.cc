#include "common/trainer/trainer.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "common/trainer/gradients.h"

namespace cleave {

Trainer::Trainer(const std::vector<ParameterGroup>& groups, TrainerOptions options)
    : options_(std::move(options)), rule_(find_update_rule(options_.rule)) {
  for (const ParameterGroup& group : groups) {
    const Schedule schedule{options_.schedule.decay,
                            group.warmup.value_or(options_.schedule.warmup)};
    for (const at::Tensor& tensor : group.tensors) {
      slots_.push_back({tensor, group.rates, schedule, {}, {}});
    }
  }
  set_anchor();
}

void Trainer::zero_grad() {
  for (Slot& slot : slots_) {
    if (slot.value.grad().defined()) slot.value.mutable_grad().detach_().zero_();
  }
}

void Trainer::step() {
  const torch::NoGradGuard no_grad;
  std::vector<at::Tensor> grads;
  for (Slot& slot : slots_) {
    at::Tensor& grad = slot.value.mutable_grad();
    if (!grad.defined()) continue;
    if (options_.proximal > 0) add_proximal(grad, slot.value, slot.anchor, options_.proximal);
    grads.push_back(grad);
  }
  if (options_.clip > 0) clip_gradients(grads, options_.clip);
  for (Slot& slot : slots_) {
    const at::Tensor& grad = slot.value.grad();
    if (!grad.defined() || grad.numel() == 0) continue;
    const double factor = scale_ * rate_factor(slot.schedule, at_);
    const Rates rates{factor * slot.rates.lr, slot.rates.weight_decay};
    rule_(slot.value, grad, rates, options_.update, slot.moments);
  }
}

void Trainer::reset() {
  for (Slot& slot : slots_) slot.moments = {};
}

void Trainer::set_anchor() {
  if (options_.proximal == 0) return;
  for (Slot& slot : slots_) slot.anchor = slot.value.detach().clone();
}

}  // namespace cleave
