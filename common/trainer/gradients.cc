#include "common/trainer/gradients.h"

#include <ATen/ATen.h>

#include <cmath>

namespace cleave {

double global_norm(const std::vector<at::Tensor>& grads) {
  double sum = 0;
  for (const at::Tensor& grad : grads) {
    const at::Tensor values = grad.contiguous();
    const float* x = values.data_ptr<float>();
    for (std::int64_t i = 0; i < values.numel(); ++i) sum += static_cast<double>(x[i]) * x[i];
  }
  return std::sqrt(sum);
}

void clip_gradients(const std::vector<at::Tensor>& grads, double largest) {
  const double factor = largest / (global_norm(grads) + 1e-6);
  if (factor >= 1) return;
  for (const at::Tensor& grad : grads) grad.mul_(factor);
}

void add_proximal(at::Tensor& grad, const at::Tensor& value, const at::Tensor& anchor, double mu) {
  grad.add_(value - anchor, mu);
}

}  // namespace cleave
