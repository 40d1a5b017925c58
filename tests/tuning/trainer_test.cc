// The trainer around the rules: torch's Adam, groups, clipping, FedProx, and what its calls
// promise.
#include "common/trainer/trainer.h"

#include <gtest/gtest.h>
#include <torch/optim/adam.h>

#include "common/base/error.h"
#include "common/trainer/gradients.h"
#include "tests/tuning/regression.h"

namespace cleave::testing {
namespace {

using at::Tensor;

// Odd sizes, so that vectorised loops have remainders.
std::vector<Tensor> leaves() {
  at::manual_seed(3);
  std::vector<Tensor> out;
  for (const auto& shape : std::vector<std::vector<std::int64_t>>{{20, 37}, {1}, {13}, {5, 3, 7}}) {
    out.push_back(at::randn(shape).requires_grad_(true));
  }
  return out;
}

void set_gradients(const std::vector<Tensor>& tensors, int step) {
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    at::manual_seed(100 * static_cast<std::uint64_t>(step) + i);
    tensors[i].mutable_grad() = at::randn(tensors[i].sizes()) * std::pow(10.0, step % 4 - 2);
  }
}

void expect_bitwise(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  for (std::size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(std::memcmp(a[i].data_ptr(), b[i].data_ptr(), a[i].nbytes()), 0) << i;
  }
}

TEST(Trainer, EveryStepEqualsTorchsAdamBitwise) {
  for (const double decay : {0.0, 0.1}) {
    const std::vector<Tensor> own = leaves(), theirs = leaves();
    Trainer trainer({{own, {0.05, decay}}}, {});
    torch::optim::Adam adam(theirs, torch::optim::AdamOptions(0.05).weight_decay(decay));
    for (int step = 0; step < 20; ++step) {
      set_gradients(own, step);
      set_gradients(theirs, step);
      trainer.step();
      adam.step();
      expect_bitwise(own, theirs);
    }
  }
}

TEST(Trainer, WithScaledRatesEqualsTorchsAdamWithThoseRatesBitwise) {
  const std::vector<Tensor> own = leaves(), theirs = leaves();
  Trainer trainer({{own, {0.05, 0}}}, {});
  torch::optim::Adam adam(theirs, torch::optim::AdamOptions(0.05));
  for (int step = 0; step < 7; ++step) {
    const double factor = 1 - step / 7.0;
    trainer.scale_rates(factor);
    adam.param_groups()[0].options().set_lr(factor * 0.05);
    set_gradients(own, step);
    set_gradients(theirs, step);
    trainer.step();
    adam.step();
  }
  expect_bitwise(own, theirs);
}

TEST(Trainer, AfterAResetGoesOnAsANewOneWould) {
  for (const char* rule : {"adam", "adamw", "sgd", "adafactor"}) {
    TrainerOptions options = rule_options(rule);
    if (options.rule == "sgd") options.update.momentum = 0.9;
    const std::vector<Tensor> own = leaves(), others = leaves();
    Trainer trainer({{own, {0.05, 0.01}}}, options);
    for (int step = 0; step < 4; ++step) {
      if (step == 2) trainer.reset();
      set_gradients(own, step);
      trainer.step();
    }
    for (const int first : {0, 2}) {
      Trainer fresh({{others, {0.05, 0.01}}}, options);
      for (int step = first; step < first + 2; ++step) {
        set_gradients(others, step);
        fresh.step();
      }
    }
    expect_bitwise(own, others);
  }
}

TEST(Trainer, MovesATensorByItsGroupsRateAndLeavesOneWithoutAGradient) {
  const Tensor slow = at::zeros({2}).requires_grad_(true);
  const Tensor fast = at::zeros({2}).requires_grad_(true);
  const Tensor idle = at::ones({2}).requires_grad_(true);
  const Tensor empty = at::zeros({0, 2}).requires_grad_(true);
  Trainer trainer({{{slow, idle, empty}, {0.5, 0.1}}, {{fast}, {2, 0}}}, rule_options("sgd"));
  for (const Tensor& tensor : {slow, fast, empty}) tensor.mutable_grad() = at::ones_like(tensor);
  trainer.step();
  EXPECT_TRUE(at::equal(slow.detach(), at::full({2}, -0.5)));
  EXPECT_TRUE(at::equal(fast.detach(), at::full({2}, -2.0)));
  EXPECT_TRUE(at::equal(idle.detach(), at::ones({2})));
}

TEST(Trainer, RefusesAnUnknownRuleByName) {
  try {
    Trainer({}, rule_options("adamm"));
    FAIL() << "must be refused";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("adamm"), std::string::npos) << error.what();
  }
}

TEST(Clipping, ScalesAllTensorsOfASideToOneNorm) {
  const std::vector<Tensor> grads = {at::full({2, 2}, 3.0), at::full({1}, 8.0)};
  EXPECT_DOUBLE_EQ(global_norm(grads), 10);
  clip_gradients(grads, 1);
  EXPECT_NEAR(global_norm(grads), 1, 1e-6);
  EXPECT_NEAR(grads[1].item<double>(), 0.8, 1e-6);
  EXPECT_NEAR(grads[0][0][1].item<double>(), 0.3, 1e-6);
}

TEST(Clipping, LeavesASmallerNormBitwiseAlone) {
  const Tensor grad = at::randn({5});
  const Tensor before = grad.clone();
  clip_gradients({grad}, 1000);
  EXPECT_TRUE(at::equal(grad, before));
}

TEST(Clipping, BoundsTheStepOfATrainer) {
  const Regression problem;
  TrainerOptions options = rule_options("sgd");
  options.clip = 0.25;
  Trainer trainer(problem.two_groups({1, 0}, {1, 0}), options);
  problem.step(trainer);
  EXPECT_NEAR(global_norm({problem.w.detach() - problem.golden["W0"],
                           problem.b.detach() - problem.golden["b0"]}),
              0.25, 1e-5);
}

TEST(Proximal, AddsThePullToTheRoundsStartBeforeClipping) {
  Tensor value = at::full({2}, 1.0).requires_grad_(true);
  TrainerOptions options = rule_options("sgd");
  options.proximal = 0.5;
  Trainer trainer({{{value}, {1, 0}}}, options);
  value.mutable_grad() = at::full({2}, -4.0);
  trainer.step();  // at the anchor there is no pull: 1 + 4
  EXPECT_TRUE(at::equal(value.detach(), at::full({2}, 5.0)));
  value.mutable_grad() = at::zeros({2});
  trainer.step();  // mu (5 - 1) = 2 back
  EXPECT_TRUE(at::equal(value.detach(), at::full({2}, 3.0)));
  trainer.set_anchor();
  value.mutable_grad() = at::zeros({2});
  trainer.step();
  EXPECT_TRUE(at::equal(value.detach(), at::full({2}, 3.0)));
}

TEST(Proximal, EndsCloserToTheStartTheLargerMuIs) {
  double before = std::numeric_limits<double>::infinity();
  for (const double mu : {0.0, 0.1, 1.0, 10.0}) {
    const Regression problem;
    TrainerOptions options = rule_options("sgd");
    options.proximal = mu;
    Trainer trainer(problem.one_group({0.05, 0}), options);
    for (int i = 0; i < 30; ++i) problem.step(trainer);
    const double moved = global_norm({problem.w.detach() - problem.golden["W0"]});
    EXPECT_LT(moved, before) << mu;
    before = moved;
  }
}

}  // namespace
}  // namespace cleave::testing
