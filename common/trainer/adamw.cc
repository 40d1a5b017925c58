#include <ATen/ATen.h>

#include "common/trainer/update_rule.h"

namespace cleave {

void adamw_update(at::Tensor& value, const at::Tensor& grad, const Rates& rates,
                  const UpdateOptions& options, Moments& moments) {
  if (rates.weight_decay != 0) value.mul_(1 - rates.lr * rates.weight_decay);
  adam_update(value, grad, {rates.lr, 0}, options, moments);
}

}  // namespace cleave
