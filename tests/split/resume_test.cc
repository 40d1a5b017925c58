// Interruption: a signal ends a run within its round, and resuming gives the uninterrupted bytes.
#include <gtest/gtest.h>

#include <csignal>

#include "common/base/error.h"
#include "tests/support/refusal.h"
#include "tests/support/tiny_run.h"

namespace cleave::testing {
namespace {

// Runs until `round` is complete, then gets a signal.
void run_interrupted(const Job& job, const fs::path& path, int round, int signal) {
  SimulationOptions options;
  options.on_round = [&](const Json& line) {
    if (line.at("round").get<int>() == round) std::raise(signal);
  };
  run_tiny(job, path, options);
}

// The seal of the journal's last line.
std::string last_digest(const fs::path& run) {
  const std::string text = read_file(run / "rounds.jsonl", 1 << 20);
  const std::size_t last = text.rfind('\n', text.size() - 2);
  return Json::parse(text.substr(last + 1)).at("sha256").get<std::string>();
}

TEST(Resume, AnInterruptedRunIsContinuedToTheBytesOfAnUninterruptedOne) {
  const TemporaryFolder folder;
  Job job = tiny_job();
  job.federation.rounds = 4;
  job.phases.keep = 0.5;
  run_tiny(job, folder / "whole");
  for (const int signal : {SIGINT, SIGTERM}) {
    const fs::path path = folder / ("stopped" + std::to_string(signal));
    try {
      run_interrupted(job, path, 2, signal);
      FAIL() << "must be interrupted";
    } catch (const Interrupted& error) {
      EXPECT_EQ(static_cast<int>(error.exit()), 128 + signal);
    }
    EXPECT_EQ(Json::parse(contents(path)["summary.json"]).at("status"), "interrupted");
    EXPECT_LT(RunFolder::open(path).last_round(), 4u);
    run_tiny(job, path);
    EXPECT_EQ(contents(path), contents(folder / "whole"));
  }
}

TEST(Resume, AServerOptimizerGoesOnWhereItWas) {
  const TemporaryFolder folder;
  for (const char* name : {"fedavgm", "fedadam"}) {
    Job job = tiny_job();
    job.federation.server_optimizer = name;
    const fs::path whole = folder / (std::string(name) + "-whole"), stopped = folder / name;
    run_tiny(job, whole);
    EXPECT_THROW(run_interrupted(job, stopped, 2, SIGTERM), Interrupted);
    EXPECT_LT(RunFolder::open(stopped).last_round(), 3u);
    run_tiny(job, stopped);
    EXPECT_EQ(contents(stopped), contents(whole)) << name;
    EXPECT_TRUE(contents(whole).contains("server_optimizer.safetensors")) << name;
  }
}

TEST(Resume, WithoutTheServerOptimizersMemoryIsRefused) {
  const TemporaryFolder folder;
  Job job = tiny_job();
  job.federation.server_optimizer = "fedavgm";
  EXPECT_THROW(run_interrupted(job, folder / "run", 2, SIGTERM), Interrupted);
  fs::remove(folder / "run/server_optimizer.safetensors");
  EXPECT_NE(refusal([&] { run_tiny(job, folder / "run"); }).find("server_optimizer.safetensors"),
            std::string::npos);
}

// A kill between the three writes of a round.
TEST(Resume, AServerMemoryThatWaitsBelongsToItsRoundOnly) {
  const TemporaryFolder folder;
  const Job job = tiny_job();
  State memory;
  memory.add("momentum.w", at::full({2}, 7.0));
  run_tiny(job, folder / "run");  // three rounds
  const fs::path next = folder / "run/server_optimizer.next.safetensors";
  const std::string digest = last_digest(folder / "run");
  save_state(next, memory, {{"round", "4"}});
  EXPECT_TRUE(RunFolder::resume(folder / "run", job).server_memory().tensors.empty());
  EXPECT_FALSE(fs::exists(next));
  save_state(next, memory, {{"round", "3"}, {"journal", digest}});
  EXPECT_TRUE(equal(RunFolder::resume(folder / "run", job).server_memory(), memory));
  EXPECT_FALSE(fs::exists(next));
  save_state(folder / "run/server_optimizer.safetensors", memory, {{"round", "2"}});
  EXPECT_NE(
      refusal([&] { RunFolder::resume(folder / "run", job).server_memory(); }).find("round 2"),
      std::string::npos);
}

TEST(Resume, AJournalLineWithoutItsStateIsDropped) {
  const TemporaryFolder folder;
  const Job job = tiny_job();
  run_tiny(job, folder / "run");
  const auto whole = contents(folder / "run");
  std::string digest = last_digest(folder / "run");
  Json line = RunFolder::open(folder / "run").rounds().back();
  line["round"] = 4;
  append_line(folder / "run/rounds.jsonl", sealed_line(line, "", digest));
  EXPECT_EQ(RunFolder::resume(folder / "run", job).last_round(), 3u);
  EXPECT_EQ(contents(folder / "run"), whole);
}

TEST(Resume, ReadingARunThatMayBeGoingOnWritesNothing) {
  const TemporaryFolder folder;
  const Job job = tiny_job();
  run_tiny(job, folder / "run");
  const fs::path journal = folder / "run" / "rounds.jsonl";
  const std::string later = read_file(journal, 1 << 20) + "{\"round\":99}\n{\"rou";
  write_atomically(journal, later);
  EXPECT_EQ(RunFolder::open(folder / "run").rounds().size(),
            static_cast<std::size_t>(job.federation.rounds));
  EXPECT_EQ(read_file(journal, 1 << 20), later);
}

TEST(Resume, WhatAKilledRunWasWritingIsRemoved) {
  const TemporaryFolder folder;
  const Job job = tiny_job();
  run_tiny(job, folder / "run");
  const auto whole = contents(folder / "run");
  write_atomically(folder / "run/state.safetensors.tmp.123", "half");
  run_tiny(job, folder / "run");
  EXPECT_EQ(contents(folder / "run"), whole);
}

TEST(Resume, AFinishedRunStaysAsItIs) {
  const TemporaryFolder folder;
  const Job job = tiny_job();
  run_tiny(job, folder / "run");
  const auto whole = contents(folder / "run");
  run_tiny(job, folder / "run");
  EXPECT_EQ(contents(folder / "run"), whole);
}

TEST(Resume, AStateThatWasRemovedAfterTheFirstRoundIsRefusedToo) {
  const TemporaryFolder folder;
  const Job job = tiny_job();
  EXPECT_THROW(run_interrupted(job, folder / "run", 1, SIGTERM), Interrupted);
  fs::remove(folder / "run/state.safetensors");
  fs::remove(folder / "run/summary.json");
  EXPECT_NE(refusal([&] { run_tiny(job, folder / "run"); }).find("state.safetensors is missing"),
            std::string::npos);
}

TEST(Resume, ARoundIsToldOnceItIsCommitted) {
  const TemporaryFolder folder;
  SimulationOptions options;
  std::uint32_t told = 0;
  options.on_round = [&](const Json& line) {
    told = line.at("round").get<std::uint32_t>();
    EXPECT_EQ(RunFolder::open(folder / "run").last_round(), told);
  };
  run_tiny(tiny_job(), folder / "run", options);
  EXPECT_EQ(told, 3u);
}

TEST(Resume, WithMoreRoundsARunIsExtendedToTheBytesOfOneThatHadThemFromTheStart) {
  const TemporaryFolder folder;
  Job job = tiny_job();
  job.federation.rounds = 4;
  job.federation.server_optimizer = "fedadam";
  job.eval.test = true;
  run_tiny(job, folder / "whole");
  Job shorter = job;
  shorter.federation.rounds = 2;
  run_tiny(shorter, folder / "finished");
  run_tiny(job, folder / "finished");
  EXPECT_EQ(contents(folder / "finished"), contents(folder / "whole"));
  EXPECT_THROW(run_interrupted(shorter, folder / "stopped", 1, SIGTERM), Interrupted);
  run_tiny(job, folder / "stopped");
  EXPECT_EQ(contents(folder / "stopped"), contents(folder / "whole"));
}

// What resuming `begun`, a run of `job`, under `wanted` is told.
std::string told(const fs::path& begun, const Job& wanted) {
  return refusal<UsageError>([&] { RunFolder::resume(begun, wanted); });
}

TEST(Resume, ARunThatMoreRoundsWouldHaveMadeAnotherIsNotExtended) {
  const TemporaryFolder folder;
  Job job = tiny_job();
  job.optimizer.schedule = "cosine";
  run_tiny(job, folder / "cosine");
  job.federation.rounds = 5;
  std::string why = told(folder / "cosine", job);
  EXPECT_NE(why.find("federation.rounds = 5 here, 3 there"), std::string::npos) << why;
  EXPECT_NE(why.find("optimizer.schedule = \"cosine\""), std::string::npos) << why;

  job = tiny_job();
  job.eval.every = 2;
  run_tiny(job, folder / "every");
  job.federation.rounds = 4;
  why = told(folder / "every", job);
  EXPECT_NE(why.find("eval.every = 2"), std::string::npos) << why;
}

TEST(Resume, WithFewerRoundsIsRefused) {
  const TemporaryFolder folder;
  Job job = tiny_job();
  run_tiny(job, folder / "run");
  job.federation.rounds = 2;
  const std::string why = told(folder / "run", job);
  EXPECT_NE(why.find("federation.rounds = 2 here, 3 there"), std::string::npos) << why;
}

TEST(Resume, AnotherJobIsRefusedWithEachKeyThatDiffersAndBothValues) {
  const TemporaryFolder folder;
  Job job = tiny_job();
  run_tiny(job, folder / "run");
  job.optimizer.lr_prompt = 0.1;
  job.data.labels = {"yes", "no"};
  const std::string why = told(folder / "run", job);
  EXPECT_NE(why.find("optimizer.lr_prompt = 0.1 here, 0.05 there"), std::string::npos) << why;
  EXPECT_NE(why.find("data.labels = [\"yes\", \"no\"] here, [\"no\", \"yes\"] there"),
            std::string::npos)
      << why;
  EXPECT_EQ(why.find("seed"), std::string::npos) << why;
}

}  // namespace
}  // namespace cleave::testing
