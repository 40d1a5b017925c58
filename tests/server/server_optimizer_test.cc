// Server optimisers against steps done by hand, and what they leave alone or refuse.
#include "server/coordinator/server_optimizer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "common/base/error.h"
#include "tests/support/refusal.h"

namespace cleave {
namespace {

State numbers(std::vector<float> values) {
  State state;
  state.add("w", at::tensor(values));
  return state;
}

ServerOptimizer optimizer_named(const std::string& name) {
  ServerOptimizer optimizer;
  optimizer.name = name;
  return optimizer;
}

double value(const State& state, const std::string& name = "w") {
  return state.at(name)[0].item<double>();
}

TEST(ServerOptimizer, NoneTakesTheAverageBitwise) {
  const State average = numbers({0.1f, 1e-30f, -3});
  const ServerStep step = server_step({}, numbers({1, 2, 3}), average, {});
  EXPECT_TRUE(equal(step.state, average));
  EXPECT_TRUE(step.memory.tensors.empty());
}

TEST(ServerOptimizer, FedAvgMOfTwoStepsByHand) {
  ServerOptimizer o = optimizer_named("fedavgm");
  o.lr = 0.5;
  o.momentum = 0.75;
  const ServerStep first = server_step(o, numbers({1}), numbers({3}), {});
  EXPECT_FLOAT_EQ(value(first.memory, "momentum.w"), 2);
  EXPECT_FLOAT_EQ(value(first.state), 1 + 0.5 * 2);
  const ServerStep second = server_step(o, first.state, numbers({1}), first.memory);
  EXPECT_FLOAT_EQ(value(second.memory, "momentum.w"), 0.75 * 2 - 1);
  EXPECT_FLOAT_EQ(value(second.state), 2 + 0.5 * 0.5);
}

TEST(ServerOptimizer, FedAdamOfTwoStepsByHand) {
  ServerOptimizer o = optimizer_named("fedadam");
  o.lr = 0.1;
  o.tau = 0.5;
  const ServerStep first = server_step(o, numbers({1}), numbers({3}), {});
  const double m1 = 0.1 * 2, v1 = 0.99 * 0.25 + 0.01 * 4;
  EXPECT_FLOAT_EQ(value(first.memory, "momentum.w"), m1);
  EXPECT_FLOAT_EQ(value(first.memory, "variance.w"), v1);
  const double x1 = 1 + 0.1 * m1 / (std::sqrt(v1) + 0.5);
  EXPECT_FLOAT_EQ(value(first.state), x1);
  const ServerStep second = server_step(o, first.state, numbers({0}), first.memory);
  const double m2 = 0.9 * m1 - 0.1 * x1, v2 = 0.99 * v1 + 0.01 * x1 * x1;
  EXPECT_FLOAT_EQ(value(second.memory, "momentum.w"), m2);
  EXPECT_FLOAT_EQ(value(second.memory, "variance.w"), v2);
  EXPECT_FLOAT_EQ(value(second.state), x1 + 0.1 * m2 / (std::sqrt(v2) + 0.5));
}

TEST(ServerOptimizer, FedAvgMWithoutMomentumAtRateOneIsTheAverage) {
  ServerOptimizer o = optimizer_named("fedavgm");
  o.momentum = 0;
  const State average = numbers({0.1f, 123.456f, -3});
  EXPECT_TRUE(equal(server_step(o, numbers({1, 2, 3}), average, {}).state, average));
}

TEST(ServerOptimizer, WhatDoesNotMoveStaysBitwise) {
  const State still = numbers({0.1f, 0, -7e-9f});
  for (const char* name : {"fedavgm", "fedadam"}) {
    EXPECT_TRUE(equal(server_step(optimizer_named(name), still, still, {}).state, still)) << name;
  }
}

TEST(ServerOptimizer, LeavesItsArgumentsAlone) {
  for (const char* name : {"fedavgm", "fedadam"}) {
    const State global = numbers({1}), average = numbers({2});
    const ServerStep step = server_step(optimizer_named(name), global, average, {});
    const State memory = step.memory.clone();
    server_step(optimizer_named(name), global, average, step.memory);
    EXPECT_TRUE(equal(step.memory, memory)) << name;
    EXPECT_TRUE(equal(global, numbers({1})) && equal(average, numbers({2}))) << name;
  }
}

TEST(ServerOptimizer, ARateOfZeroInTheJobIsTheOptimisersOwn) {
  Job job;
  job.federation.server_optimizer = "fedavgm";
  EXPECT_EQ(server_optimizer(job).lr, 1);
  job.federation.server_optimizer = "fedadam";
  EXPECT_EQ(server_optimizer(job).lr, 0.1);
  job.federation.server_lr = 0.25;
  EXPECT_EQ(server_optimizer(job).lr, 0.25);
}

TEST(ServerOptimizer, RefusesAnothersMemoryAndAStepThatDiverges) {
  const State global = numbers({1}), average = numbers({2});
  const State memory = server_step(optimizer_named("fedavgm"), global, average, {}).memory;
  EXPECT_THROW(server_step(optimizer_named("fedadam"), global, average, memory), DataError);
  ServerOptimizer wild = optimizer_named("fedavgm");
  wild.lr = 1e300;
  EXPECT_NE(testing::refusal([&] {
              server_step(wild, global, average, {});
            }).find("lower federation.server_lr"),
            std::string::npos);
}

}  // namespace
}  // namespace cleave
