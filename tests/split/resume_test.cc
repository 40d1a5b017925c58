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
  save_state(next, memory, {{"round", "4"}});
  EXPECT_TRUE(RunFolder::resume(folder / "run", job).server_memory().tensors.empty());
  EXPECT_FALSE(fs::exists(next));
  save_state(next, memory, {{"round", "3"}});
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
  append_line(folder / "run/rounds.jsonl", R"({"round":4,"loss":0.5})");
  append_line(folder / "run/rounds.jsonl", R"({"round":5,"lo)");
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

}  // namespace
}  // namespace cleave::testing
