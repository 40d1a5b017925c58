// What a run leaves behind: the same bytes for the same job, and numbers that agree.
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "server/coordinator/run_job.h"
#include "simulation/centralised.h"
#include "simulation/plan.h"
#include "tests/support/refusal.h"
#include "tests/support/tiny_run.h"

namespace cleave::testing {
namespace {

TEST(Run, EqualJobsLeaveEqualFoldersWhateverTheNumberOfThreads) {
  const TemporaryFolder folder;
  const Job job = tiny_job();
  run_tiny(job, folder / "first");
  run_tiny(job, folder / "again");
  SimulationOptions two;
  two.threads = 2;
  run_tiny(job, folder / "threads", two);
  EXPECT_EQ(contents(folder / "first"), contents(folder / "again"));
  EXPECT_EQ(contents(folder / "first"), contents(folder / "threads"));
}

TEST(Run, AnotherSeedGivesAnotherState) {
  const TemporaryFolder folder;
  Job job = tiny_job();
  run_tiny(job, folder / "one");
  job.seed = 2;
  run_tiny(job, folder / "two");
  EXPECT_NE(contents(folder / "one")["state.safetensors"],
            contents(folder / "two")["state.safetensors"]);
}

TEST(Run, WhatIsHeldOutIsEvaluatedWithoutADevFileToo) {
  const TemporaryFolder folder;
  Job job = tiny_job();
  job.data.dev = "";
  job.data.held_out = 0.3;
  job.federation.rounds = 1;
  run_tiny(job, folder / "run");
  EXPECT_TRUE(RunFolder::open(folder / "run").rounds().at(0).contains("dev_accuracy"));
}

TEST(Run, AServerOptimizerChangesTheStateAndItsIdentityDoesNot) {
  const TemporaryFolder folder;
  Job job = tiny_job();
  run_tiny(job, folder / "none");
  job.federation.server_optimizer = "fedavgm";
  run_tiny(job, folder / "fedavgm");
  job.federation.server_momentum = 0;
  run_tiny(job, folder / "identity");
  const auto state = [&](const char* name) { return contents(folder / name)["state.safetensors"]; };
  EXPECT_NE(state("fedavgm"), state("none"));
  EXPECT_EQ(state("identity"), state("none"));
}

TEST(Run, MergingFactorsWhereTheMethodHasNoneIsRefused) {
  const TemporaryFolder folder;
  for (const char* rule : {"factor_mean", "freeze_a", "product_svd", "stacking", "residual"}) {
    Job job = tiny_job();
    job.federation.aggregation = rule;
    const std::string why = refusal([&] { run_tiny(job, folder / rule); });
    EXPECT_NE(why.find("tuning.method = \"prompt\" has none"), std::string::npos) << why;
  }
}

// LoRA on head and body, so on both sides' factors.
Job lora_job(std::int64_t rank, const std::string& rule) {
  Job job = tiny_job(1, 0);
  job.tuning.method = "lora";
  job.tuning.rank = rank;
  job.federation.aggregation = rule;
  return job;
}

TEST(Run, UnderFreezeAClientsSendBackOnlyTheFactorThatTheyTrain) {
  const TemporaryFolder folder;
  Job job = lora_job(2, "freeze_a");
  const Json summary = run_tiny(job, folder / "run");
  EXPECT_TRUE(summary.at("bytes").at("equal_to_closed_form").get<bool>());
  const Json& kinds = summary.at("bytes").at("by_kind");
  const int down = kinds.at("down").at("state").at(1), up = kinds.at("up").at("update").at(1);
  const int updates = kinds.at("up").at("update").at(0);
  EXPECT_EQ(down - up, updates * 4 * 2 * (2 * 32)) << "A (2 x 32) of queries and values";
}

TEST(Run, RulesThatAddToTheBaseDoSoOnBothSidesAndSendTheChangeDownOnly) {
  const TemporaryFolder folder;
  for (const char* rule : {"stacking", "residual"}) {
    Job job = lora_job(2, rule);
    const Json summary = run_tiny(job, folder / rule);
    EXPECT_TRUE(summary.at("bytes").at("equal_to_closed_form").get<bool>());
    const State state = load_state(folder / rule / "state.safetensors").state;
    for (const auto& [name, tensor] : state.tensors) {
      const bool b = name.ends_with(".B"), base = name.ends_with(".base");
      if (!b && !base) continue;
      EXPECT_EQ(tensor.count_nonzero().item<int64_t>() > 0, base || rule[0] == 'r');
    }
    const Json& kinds = summary.at("bytes").at("by_kind");
    const int down = kinds.at("down").at("state").at(1), up = kinds.at("up").at("update").at(1);
    const int updates = kinds.at("up").at("update").at(0);
    EXPECT_EQ(down - up, updates * 4 * 2 * (32 * 32)) << "queries' and values' of one block";
  }
}

TEST(Run, AClientOfALowerRankTrainsItsDirectionsAlone) {
  const TemporaryFolder folder;
  Job job = lora_job(4, "product_svd");
  job.federation.ranks = {"2"};
  job.federation.clients = job.federation.per_round = 1;
  const Json summary = run_tiny(job, folder / "run");
  EXPECT_TRUE(summary.at("bytes").at("equal_to_closed_form").get<bool>());
  const State state = load_state(folder / "run" / "state.safetensors").state;
  for (const auto& [name, b] : state.tensors) {
    if (!name.ends_with(".B")) continue;
    EXPECT_EQ(b.narrow(1, 2, 2).count_nonzero().item<std::int64_t>(), 0) << name;
    EXPECT_GT(b.narrow(1, 0, 2).count_nonzero().item<std::int64_t>(), 0) << name;
    const at::Tensor a = state.at(name.substr(0, name.size() - 1) + "A");
    EXPECT_GT(a.norm(2, 1).min().item<double>(), 0.1) << name << " cannot learn all its directions";
  }
}

TEST(Run, ClientsOfUnequalRanksShareOneAverage) {
  const TemporaryFolder folder;
  for (const char* rule : {"product_svd", "stacking"}) {
    Job job = lora_job(4, rule);
    job.federation.ranks = {"1", "4"};
    const Json summary = run_tiny(job, folder / rule);
    EXPECT_TRUE(summary.at("bytes").at("equal_to_closed_form").get<bool>());
    EXPECT_EQ(summary.at("status"), "done");
  }
}

TEST(Run, AddingToTheBaseIsRefusedForFactorsOfNoLinearLayer) {
  const TemporaryFolder folder;
  Job job = tiny_job();
  job.tuning.method = "dept";
  job.federation.aggregation = "stacking";
  const std::string why = refusal([&] { run_tiny(job, folder / "run"); });
  EXPECT_NE(why.find("use \"product_svd\""), std::string::npos) << why;
}

TEST(Run, TheProductsSvdOfLoraDoesNotDependOnThreadsAndIsNotTheMean) {
  const TemporaryFolder folder;
  Job job = lora_job(2, "mean");
  run_tiny(job, folder / "mean");
  job.federation.aggregation = "product_svd";
  const Json summary = run_tiny(job, folder / "svd");
  EXPECT_TRUE(summary.at("bytes").at("equal_to_closed_form").get<bool>());
  SimulationOptions two;
  two.threads = 2;
  run_tiny(job, folder / "threads", two);
  EXPECT_EQ(contents(folder / "svd"), contents(folder / "threads"));
  EXPECT_NE(contents(folder / "svd")["state.safetensors"],
            contents(folder / "mean")["state.safetensors"]);
}

TEST(Run, OneClientWithEverythingKeptEqualsCentralisedTrainingBitwise) {
  const TemporaryFolder folder;
  Job job = tiny_job();
  job.federation.clients = job.federation.per_round = 1;
  run_tiny(job, folder / "run");
  const JobInputs inputs = tiny_inputs(job);
  CentralisedOptions options;
  options.passes = job.federation.rounds;
  const State central = train_centralised(inputs, inputs.train, options, client_id(0, 1));
  EXPECT_TRUE(equal(load_state(folder / "run/state.safetensors").state, central));
}

TEST(Run, OneClientEqualsCentralisedTrainingBitwiseWithEveryTrainerScheduleAndPull) {
  const TemporaryFolder folder;
  Job job = tiny_job();
  job.federation.clients = job.federation.per_round = 1;
  job.optimizer.weight_decay = 0.01;
  job.optimizer.clip = 0.5;
  job.optimizer.proximal = 0.1;
  job.optimizer.warmup = 4;
  for (const std::string name : {"adam", "adamw", "sgd", "adafactor"}) {
    job.optimizer.name = name;
    job.optimizer.momentum = name == "sgd" ? 0.9 : 0;
    job.optimizer.schedule = name == "adamw" ? "linear" : "cosine";
    run_tiny(job, folder / name);
    const JobInputs inputs = tiny_inputs(job);
    CentralisedOptions options;
    options.passes = job.federation.rounds;
    const State central = train_centralised(inputs, inputs.train, options, client_id(0, 1));
    EXPECT_TRUE(equal(load_state(folder / name / "state.safetensors").state, central)) << name;
  }
}

TEST(Run, LedgerEqualsTheClosedFormWhateverThePhases) {
  const TemporaryFolder folder;
  int n = 0;
  for (const char* score : {"el2n", "el2n_low", "random"}) {
    for (const char* selection : {"class", "global"}) {
      Job job = tiny_job(1, 0);
      job.phases.keep = 0.5;
      job.phases.score = score;
      job.phases.selection = selection;
      job.phases.bypass_epochs = 1;
      job.phases.split_epochs = 2;
      job.phases.prune_from_round = 2;
      job.wire.precision = n % 2 == 0 ? "fp32" : "bf16";
      job.eval.test = true;
      const Json summary = run_tiny(job, folder / std::to_string(n++));
      EXPECT_TRUE(summary.at("bytes").at("equal_to_closed_form").get<bool>())
          << summary.at("bytes").dump();
      EXPECT_TRUE(summary.contains("test_accuracy"));
    }
  }
}

TEST(Run, ThePlanOfAJobEqualsTheLedgerOfItsRun) {
  const TemporaryFolder folder;
  for (const double keep : {1.0, 0.4}) {
    Job job = tiny_job(1, 0);
    job.phases.keep = keep;
    job.phases.score = "random";
    const fs::path path = folder / std::to_string(keep);
    run_tiny(job, path);
    const JobInputs inputs = tiny_inputs(job);
    const Plan plan = plan_job(inputs, tiny_partition(inputs));
    EXPECT_TRUE(plan.exact);
    const JobShape shape = job_shape(inputs.parts, job);
    Cost planned, ledger;
    for (const RoundTrace& round : plan.expected) planned += cost(shape, round);
    const RunFolder run = RunFolder::open(path);
    for (const Json& line : run.rounds()) ledger += traffic_of(line);
    EXPECT_EQ(planned, ledger);
    const PlannedBill said = planned_bill(inputs, tiny_partition(inputs));
    EXPECT_TRUE(said.exact);
    EXPECT_EQ(said.bill, bill_of(shape, ledger));
  }
}

TEST(Run, AJobThatPrunesByScoreIsBoundedByItsPlan) {
  const TemporaryFolder folder;
  Job job = tiny_job(1, 0);
  job.phases.keep = 0.4;
  const Json summary = run_tiny(job, folder / "run");
  const JobInputs inputs = tiny_inputs(job);
  const Plan plan = plan_job(inputs, tiny_partition(inputs));
  EXPECT_FALSE(plan.exact);
  const JobShape shape = job_shape(inputs.parts, job);
  const auto bytes = [&](const std::vector<RoundTrace>& rounds) {
    Cost sum;
    for (const RoundTrace& round : rounds) sum += cost(shape, round);
    return training_payload(sum.up) + training_payload(sum.down);
  };
  Cost expected;
  for (const RoundTrace& round : plan.expected) expected += cost(shape, round);
  const PlannedBill said = planned_bill(inputs, tiny_partition(inputs));
  EXPECT_FALSE(said.exact);
  EXPECT_EQ(said.bill, bill_of(shape, expected));
  const auto real = summary.at("bytes").at("total").get<std::uint64_t>();
  EXPECT_LE(bytes(plan.least), real);
  EXPECT_GE(bytes(plan.most), real);
  EXPECT_LT(bytes(plan.least), bytes(plan.most));
}

TEST(Run, Bf16OnTheWireHalvesStepBytesAndChangesNumbers) {
  const TemporaryFolder folder;
  Job job = tiny_job();
  const Json full = run_tiny(job, folder / "fp32");
  job.wire.precision = "bf16";
  const Json half = run_tiny(job, folder / "bf16");
  const auto features = [](const Json& summary) {
    return summary.at("bytes").at("by_kind").at("down").at("features").at(1).get<std::uint64_t>();
  };
  EXPECT_EQ(features(full), 2 * features(half));
  EXPECT_NE(contents(folder / "fp32")["state.safetensors"],
            contents(folder / "bf16")["state.safetensors"]);
}

TEST(Run, AFolderThatIsNotEmptyIsRefused) {
  const TemporaryFolder folder;
  write_atomically(folder / "notes.txt", "mine");
  EXPECT_THROW(RunFolder::create(folder.path(), tiny_job()), UsageError);
  EXPECT_EQ(read_file(folder / "notes.txt", 100), "mine");
}

TEST(Run, OneProcessWritesAtATimeAndOthersMayRead) {
  const TemporaryFolder folder;
  const Job job = tiny_job();
  {
    const RunFolder writer = RunFolder::create(folder / "run", job);
    const std::string why =
        refusal<UnavailableError>([&] { RunFolder::resume(folder / "run", job); });
    EXPECT_NE(why.find("another process runs the job"), std::string::npos) << why;
    EXPECT_THROW(RunFolder::create(folder / "run", job), UnavailableError);
    RunFolder::open(folder / "run");
  }
  RunFolder::resume(folder / "run", job);
}

TEST(Run, ResumingAnotherJobIsRefused) {
  const TemporaryFolder folder;
  Job job = tiny_job();
  run_tiny(job, folder / "run");
  job.optimizer.lr_prompt = 0.1;
  EXPECT_THROW(RunFolder::resume(folder / "run", job), UsageError);
}

}  // namespace
}  // namespace cleave::testing
