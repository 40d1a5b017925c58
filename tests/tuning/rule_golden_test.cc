// Every update rule against the steps that the reference implementations made.
#include <gtest/gtest.h>

#include "tests/tuning/regression.h"

namespace cleave::testing {
namespace {

constexpr double kTolerance = 1e-6;

void expect_values(const Regression& problem, const Golden& stored, const std::string& name,
                   int step) {
  const std::string suffix = "_step" + std::to_string(step);
  EXPECT_LE(max_difference(problem.w.detach(), stored[name + ".W" + suffix]), kTolerance) << step;
  EXPECT_LE(max_difference(problem.b.detach(), stored[name + ".b" + suffix]), kTolerance) << step;
}

// Five steps; the case `name` of adam.json.
void expect_case(const std::string& name, const Regression& problem, Trainer trainer) {
  for (int i = 1; i <= 5; ++i) {
    trainer.set_step({i - 1.0, 8});
    const double loss = problem.step(trainer);
    EXPECT_NEAR(loss, problem.golden[name + ".loss"][i - 1].item<double>(), kTolerance) << i;
    expect_values(problem, problem.golden, name, i);
  }
}

TEST(Adam, GivesTheGoldenValues) {
  const Regression problem;
  expect_case("adam", problem, {problem.one_group({0.05, 0}), rule_options("adam")});
}

TEST(Adam, AddsWeightDecayToTheGradientAsTheGoldenValuesDo) {
  const Regression problem;
  expect_case("adam_l2", problem, {problem.one_group({0.05, 0.1}), rule_options("adam")});
}

TEST(Adamw, GivesTheGoldenValues) {
  const Regression problem;
  expect_case("adamw", problem, {problem.one_group({0.05, 0.1}), rule_options("adamw")});
}

TEST(Adamw, WithGroupsWarmUpAndLinearDecayGivesTheGoldenValues) {
  const Regression problem;
  TrainerOptions options = rule_options("adamw");
  options.schedule = {Decay::kLinear, 3};
  expect_case("adamw_groups_warmup", problem,
              {problem.two_groups({0.3, 0}, {0.005, 0.01}), options});
}

TEST(Sgd, WithMomentumGivesTheGoldenValues) {
  const Regression problem;
  TrainerOptions options = rule_options("sgd");
  options.update.momentum = 0.9;
  expect_case("sgd_momentum", problem, {problem.one_group({0.1, 0}), options});
}

TEST(Regression, HasTheGoldenGradients) {
  const Regression problem;
  Trainer trainer(problem.one_group({0, 0}), {});
  problem.backward(trainer);
  EXPECT_LE(max_difference(problem.w.grad(), problem.golden["grad_W_step1"]), kTolerance);
  EXPECT_LE(max_difference(problem.b.grad(), problem.golden["grad_b_step1"]), kTolerance);
}

TEST(Adafactor, GivesTheGoldenValuesForAMatrixAndAVector) {
  const Golden stored("adafactor");
  for (const auto& [name, rates] :
       {std::pair{"lester", Rates{0.3, 1e-5}}, std::pair{"decayed", Rates{0.05, 0.1}}}) {
    const Regression problem;
    Trainer trainer(problem.one_group(rates), rule_options("adafactor"));
    for (int i = 1; i <= 5; ++i) {
      problem.step(trainer);
      expect_values(problem, stored, name, i);
    }
  }
}

TEST(Adafactor, FactorsEveryMatrixOfAStackForItself) {
  const Golden stored("adafactor");
  at::Tensor value = stored["stack.start"].requires_grad_(true);
  Trainer trainer({{{value}, {0.1, 0.01}}}, rule_options("adafactor"));
  for (int i = 1; i <= 3; ++i) {
    value.mutable_grad() = stored["stack.grad_step" + std::to_string(i)];
    trainer.step();
    EXPECT_LE(max_difference(value.detach(), stored["stack.step" + std::to_string(i)]), kTolerance);
  }
}

TEST(Adafactor, LeavesAMatrixWithoutGradientsAlone) {
  at::Tensor value = at::ones({3, 4}).requires_grad_(true);
  value.mutable_grad() = at::zeros({3, 4});
  Trainer trainer({{{value}, {0.3, 0}}}, rule_options("adafactor"));
  trainer.step();
  EXPECT_TRUE(at::equal(value.detach(), at::ones({3, 4})));
}

}  // namespace
}  // namespace cleave::testing
