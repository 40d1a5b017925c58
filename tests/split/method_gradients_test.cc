// Every method's gradient against finite differences of the loss, in fp64 and through the whole
// model: along a random direction of every tensor that is tuned.
#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/grad_mode.h>

#include "common/tuning/tuned_tail.h"
#include "tests/support/method_case.h"

namespace cleave::testing {
namespace {

using at::Tensor;

State in_doubles(const State& state) {
  State out;
  for (const auto& [name, tensor] : state.tensors) out.add(name, tensor.to(at::kDouble));
  return trainable(out);
}

struct WholeLoss {
  explicit WholeLoss(const JobInputs& inputs)
      : inputs(inputs), frozen(make_frozen_weights(inputs.model, Precision::kFp64)) {}

  Tensor operator()(const State& state) const {
    const JobParts& parts = inputs.parts;
    const Sites sites = sites_over(tuning_context(parts, inputs.job), state);
    const Architecture& a = *parts.architecture;
    const Batch batch = whole_batch(inputs.train, 3);
    const Rows rows = make_body(parts.config, a, parts.cut, frozen,
                                sites)(make_head(parts.config, a, parts.cut, frozen, sites)(batch));
    const Tail tail =
        tail_over(state, parts.config, a, parts.cut, parts.readout(), parts.stored, sites);
    const auto labels = labels_of(batch);
    return at::cross_entropy_loss(
        tail(rows.x, *rows.layout),
        at::tensor(std::vector<std::int64_t>(labels.begin(), labels.end()), at::kLong));
  }

  const JobInputs& inputs;
  FrozenWeights frozen;
};

double slope_along(const WholeLoss& loss, State& state, Tensor& tensor, const Tensor& direction) {
  constexpr double kStep = 1e-5;
  const torch::NoGradGuard no_grad;
  const auto at = [&](double step) {
    tensor.add_(direction, step);
    const double value = loss(state).item<double>();
    tensor.sub_(direction, step);
    return value;
  };
  return (at(kStep) - at(-kStep)) / (2 * kStep);
}

void expect_true_gradients(const MethodCase& c) {
  JobInputs inputs = method_inputs(c);
  stir(inputs.parts.initial);
  stir(inputs.parts.body_initial);
  State state = in_doubles(inputs.parts.whole_initial());
  const WholeLoss loss(inputs);
  loss(state).backward();
  Stream stream(5, "directions");
  for (auto& [name, tensor] : state.tensors) {
    if (name.rfind("tail.", 0) == 0) continue;
    const Tensor direction = uniform_tensor(tensor.sizes().vec(), 1, stream).to(at::kDouble);
    const double measured = slope_along(loss, state, tensor, direction);
    const double stated = (tensor.grad() * direction).sum().item<double>();
    EXPECT_NEAR(stated, measured, 1e-6 * std::abs(measured) + 1e-9) << name;
  }
}

class MethodGradients : public ::testing::TestWithParam<Placed> {};

INSTANTIATE_TEST_SUITE_P(Methods, MethodGradients, ::testing::ValuesIn(every_method()),
                         placed_name);

TEST_P(MethodGradients, EqualFiniteDifferencesOfTheLoss) {
  for (const std::string& at : GetParam().places) {
    for (const std::string model : {"bert", "vit", "gpt2", "llama"}) {
      const MethodCase c{GetParam().method, at, model, {1, 1}};
      if (!allowed(c)) continue;
      SCOPED_TRACE(text_of(c));
      expect_true_gradients(c);
    }
  }
}

}  // namespace
}  // namespace cleave::testing
