#include <ATen/ATen.h>

#include "common/trainer/update_rule.h"

namespace cleave {

void sgd_update(at::Tensor& value, const at::Tensor& grad, const Rates& rates,
                const UpdateOptions& options, Moments& moments) {
  const at::Tensor g = rates.weight_decay == 0 ? grad : grad.add(value, rates.weight_decay);
  if (options.momentum == 0) {
    value.add_(g, -rates.lr);
    return;
  }
  if (moments.steps++ == 0) {
    moments.first = g.clone();
  } else {
    moments.first.mul_(options.momentum).add_(g);
  }
  value.add_(moments.first, -rates.lr);
}

}  // namespace cleave
