// What may happen to the gradients of all tensors of one side before a step. It changes them in
// place and no values.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

namespace cleave {

// The Euclidean norm of all of them as one vector: fp32 tensors, summed in double in their order.
double global_norm(const std::vector<at::Tensor>& grads);

// Scales all by one factor so that the norm is at most `largest`; the factor, largest / (norm +
// 1e-6), is torch's clip_grad_norm_. A norm that is not finite leaves gradients that are not.
void clip_gradients(const std::vector<at::Tensor>& grads, double largest);

// FedProx (1812.06127): adds the gradient of mu / 2 |value - anchor|^2.
void add_proximal(at::Tensor& grad, const at::Tensor& value, const at::Tensor& anchor, double mu);

}  // namespace cleave
