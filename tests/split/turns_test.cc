// Participants of a simulation take turns: what a round holds at once, and that it learns the same.
#include <gtest/gtest.h>

#include "tests/support/live_bytes.h"
#include "tests/support/tiny_run.h"

namespace cleave::testing {
namespace {

constexpr std::int64_t kClients = 64;

Job crowded_job(std::int64_t per_round) {
  Job job = tiny_job();
  job.federation.clients = kClients;
  job.federation.per_round = per_round;
  job.federation.rounds = 1;
  job.eval.every = 0;
  return job;
}

// The most bytes of tensors that a run had alive above what it began with.
std::int64_t most_bytes(const Job& job, LiveBytes& bytes) {
  TemporaryFolder folder;
  JobInputs inputs = tiny_inputs(job, 4 * kClients);
  for (Example& text : inputs.train.examples) {  // all alike: many would have a longer one
    text.ids.resize(3);
    text.pair_begin = 3;
  }
  const Partition partition = tiny_partition(inputs);
  RunFolder run = RunFolder::create(folder / "run", job);
  const std::int64_t before = bytes.live();
  bytes.reset_most();
  simulate(inputs, partition, run, {});
  return bytes.most() - before;
}

TEST(Turns, TheMemoryOfARoundDoesNotGrowWithItsParticipants) {
  LiveBytes& bytes = LiveBytes::install();
  most_bytes(crowded_job(4), bytes);  // what a library keeps after its first use
  double few = 0;  // as many turns as below, each of which may by chance be the largest
  for (std::int64_t taken = 0; taken < kClients; taken += 8) {
    few = std::max(few, static_cast<double>(most_bytes(crowded_job(8), bytes)));
  }
  const auto many = static_cast<double>(most_bytes(crowded_job(kClients), bytes));
  EXPECT_LT(many, 1.1 * few) << few << " bytes with 8, " << many << " with " << kClients;
}

TEST(Turns, ARoundInWhichAllTrainAtOnceEndsInTheSameBits) {
  TemporaryFolder folder;
  const Job job = crowded_job(24);
  const auto run = [&](const std::string& name, int threads) {
    JobInputs inputs = tiny_inputs(job, 4 * kClients);
    const Partition partition = tiny_partition(inputs);
    RunFolder into = RunFolder::create(folder / name, job);
    SimulationOptions options;
    options.threads = threads;
    simulate(inputs, partition, into, options);
    return contents(folder / name);
  };
  EXPECT_EQ(run("two", 1), run("all", 12));
}

}  // namespace
}  // namespace cleave::testing
