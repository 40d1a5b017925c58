#include <ATen/ATen.h>

#include <cmath>

#include "common/trainer/update_rule.h"

namespace cleave {

// The operations and their order are torch::optim::Adam's: a test holds the two equal bitwise.
void adam_update(at::Tensor& value, const at::Tensor& grad, const Rates& rates,
                 const UpdateOptions& options, Moments& moments) {
  if (moments.steps++ == 0) {
    moments.first = at::zeros_like(value);
    moments.second = at::zeros_like(value);
  }
  const auto steps = static_cast<double>(moments.steps);
  const at::Tensor g = rates.weight_decay == 0 ? grad : grad.add(value, rates.weight_decay);
  moments.first.mul_(options.beta1).add_(g, 1 - options.beta1);
  moments.second.mul_(options.beta2).addcmul_(g, g, 1 - options.beta2);
  const at::Tensor denominator =
      moments.second.sqrt().div_(std::sqrt(1 - std::pow(options.beta2, steps))).add_(options.eps);
  value.addcdiv_(moments.first, denominator, -(rates.lr / (1 - std::pow(options.beta1, steps))));
}

}  // namespace cleave
