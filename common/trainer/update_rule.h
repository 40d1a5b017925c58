// The update rules: what a step makes of one tensor and its gradient. They know neither groups nor
// schedules. A rule is a function in a file of its own and a line in the list of update_rule.cc.
//
// Every rule is element-wise or sums in a fixed order, so that its result does not depend on
// threads.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string_view>

namespace cleave {

struct UpdateOptions {
  double beta1 = 0.9, beta2 = 0.999, eps = 1e-8;  // of adam and adamw
  double momentum = 0;                            // of sgd
};

struct Rates {
  double lr = 0;
  double weight_decay = 0;
};

// What a rule keeps of a tensor between steps. The tensors are made at its first step.
struct Moments {
  std::int64_t steps = 0;
  at::Tensor first, second;
};

// Changes `value` (fp32, contiguous, not empty) in place and leaves `grad`, of the same shape, as
// it is. Called without gradients being recorded.
using UpdateRule = void (*)(at::Tensor& value, const at::Tensor& grad, const Rates& rates,
                            const UpdateOptions& options, Moments& moments);

// Kingma & Ba, weight decay added to the gradient: bitwise torch::optim::Adam.
void adam_update(at::Tensor& value, const at::Tensor& grad, const Rates& rates,
                 const UpdateOptions& options, Moments& moments);
// Loshchilov & Hutter: adam after the value has shrunk by lr * weight_decay.
void adamw_update(at::Tensor& value, const at::Tensor& grad, const Rates& rates,
                  const UpdateOptions& options, Moments& moments);
// With momentum, neither dampened nor Nesterov's; weight decay added to the gradient.
void sgd_update(at::Tensor& value, const at::Tensor& grad, const Rates& rates,
                const UpdateOptions& options, Moments& moments);
// Shazeer & Stern with a given rate: no relative step, no parameter scaling, no first moment.
void adafactor_update(at::Tensor& value, const at::Tensor& grad, const Rates& rates,
                      const UpdateOptions& options, Moments& moments);

// Errors: DataError for a name that is not in the list.
UpdateRule find_update_rule(std::string_view name);

}  // namespace cleave
