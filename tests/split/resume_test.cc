// Interruption: a signal ends a run within its round, and resuming gives the uninterrupted bytes.
#include <gtest/gtest.h>

#include <csignal>

#include "common/base/error.h"
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

TEST(Resume, AJournalLineWithoutItsStateIsDropped) {
  const TemporaryFolder folder;
  const Job job = tiny_job();
  run_tiny(job, folder / "run");
  const auto whole = contents(folder / "run");
  append_line(folder / "run/rounds.jsonl", R"({"round":4,"loss":0.5})");
  append_line(folder / "run/rounds.jsonl", R"({"round":5,"lo)");
  EXPECT_EQ(RunFolder::open(folder / "run").last_round(), 3u);
  EXPECT_EQ(contents(folder / "run"), whole);
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
