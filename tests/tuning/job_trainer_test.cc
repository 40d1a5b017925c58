// What a job's keys make of a state's tensors, and where in the job a step stands.
#include "common/exchange/job_trainer.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "common/trainer/parameter_group.h"

namespace cleave::testing {
namespace {

TEST(Group, IsNamedByTheTensorsName) {
  EXPECT_EQ(group_of("prompt"), RateGroup::kPrompt);
  EXPECT_EQ(group_of("prompt.2"), RateGroup::kPrompt);
  EXPECT_EQ(group_of("tail.classifier.weight"), RateGroup::kTail);
  for (const char* name : {"prompts", "offset.a", "lora.0.query.a", "tails", "prefix.3", ""}) {
    EXPECT_EQ(group_of(name), RateGroup::kFactors) << name;
  }
}

TEST(JobTrainer, TrainsEveryGroupOfTheStateWithItsRate) {
  State state;
  for (const char* name : {"prompt", "prompt.1", "tail.classifier.bias", "offset.b"}) {
    at::Tensor value = at::zeros({3}).requires_grad_(true);
    value.mutable_grad() = at::ones({3});
    state.add(name, value);
  }
  Job job;
  job.optimizer.name = "sgd";
  job.optimizer.lr_prompt = 0.5;
  job.optimizer.lr_tail = 0.25;
  job.optimizer.lr_factors = 2;
  job.optimizer.schedule = "linear";
  Trainer trainer = make_trainer(job, state);
  trainer.set_step({3, 4});  // a quarter of the rates
  trainer.step();
  for (const auto& [name, moved] : std::map<std::string, double>{
           {"prompt", 0.5}, {"prompt.1", 0.5}, {"tail.classifier.bias", 0.25}, {"offset.b", 2}}) {
    EXPECT_TRUE(at::equal(state.at(name).detach(), at::full({3}, -moved / 4))) << name;
  }
}

TEST(JobTrainer, GivesEveryGroupItsOwnDecayAndWarmupWhereTheJobHasThem) {
  State state;
  for (const char* name : {"prompt", "tail.classifier.bias", "ia3.0.key"}) {
    at::Tensor value = at::ones({3}).requires_grad_(true);
    value.mutable_grad() = at::zeros({3});
    state.add(name, value);
  }
  Job job;
  job.optimizer.name = "adamw";
  job.optimizer.lr_prompt = job.optimizer.lr_tail = job.optimizer.lr_factors = 0.5;
  job.optimizer.weight_decay = 0.5;
  job.optimizer.weight_decay_factors = 0;
  job.optimizer.warmup = 4;
  job.optimizer.warmup_prompt = 0;
  Trainer trainer = make_trainer(job, state);
  trainer.set_step({1, 100});
  trainer.step();
  EXPECT_TRUE(at::allclose(state.at("prompt"), at::full({3}, 0.75)));
  EXPECT_TRUE(at::allclose(state.at("tail.classifier.bias"), at::full({3}, 0.875)));
  EXPECT_TRUE(at::equal(state.at("ia3.0.key"), at::ones({3})));
}

TEST(JobTrainer, HoldsTheStateAsOftenAsItsRuleNeeds) {
  Job job;
  EXPECT_EQ(state_copies(job), 4);
  job.optimizer.proximal = 0.1;
  EXPECT_EQ(state_copies(job), 5);
  job.optimizer.name = "sgd";
  EXPECT_EQ(state_copies(job), 3);
  job.optimizer.momentum = 0.9;
  EXPECT_EQ(state_copies(job), 4);
}

TEST(GlobalStep, CountsEveryRoundAsIfItWereThisOne) {
  Job job;
  job.federation.rounds = 10;
  job.phases.split_epochs = 2;
  job.optimizer.batch = 8;
  const GlobalStep at = global_step(job, 3, 17, 5);  // S = 2 * ceil(17 / 8) = 6
  EXPECT_EQ(at.step, 2 * 6 + 5);
  EXPECT_EQ(at.total, 10 * 6);
}

TEST(GlobalStep, OfAJobWithoutSplitStepsIsTheRound) {
  Job job;
  job.federation.rounds = 10;
  job.phases.split_epochs = 0;
  EXPECT_EQ(global_step(job, 4, 100, 0).step, 3);
  EXPECT_EQ(global_step(job, 4, 100, 0).total, 10);
}

}  // namespace
}  // namespace cleave::testing
