// The regression of tests/golden/adam: loss = mean over all elements of (X W^T + b - Y)^2.
#pragma once

#include "common/trainer/trainer.h"
#include "tests/support/golden.h"

namespace cleave::testing {

struct Regression {
  Golden golden{"adam"};
  at::Tensor w = golden["W0"].requires_grad_(true);
  at::Tensor b = golden["b0"].requires_grad_(true);

  // Both tensors with one rate, or each with its own.
  std::vector<ParameterGroup> one_group(const Rates& rates) const { return {{{w, b}, rates}}; }
  std::vector<ParameterGroup> two_groups(const Rates& of_w, const Rates& of_b) const {
    return {{{w}, of_w}, {{b}, of_b}};
  }

  // Forward and backward: the loss before the step.
  double backward(Trainer& trainer) const {
    trainer.zero_grad();
    const at::Tensor error = at::linear(golden["X"], w, b) - golden["Y"];
    const at::Tensor loss = (error * error).mean();
    loss.backward();
    return loss.item<double>();
  }

  double step(Trainer& trainer) const {
    const double loss = backward(trainer);
    trainer.step();
    return loss;
  }
};

inline TrainerOptions rule_options(const std::string& rule) {
  TrainerOptions options;
  options.rule = rule;
  return options;
}

}  // namespace cleave::testing
