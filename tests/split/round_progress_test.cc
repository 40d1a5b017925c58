// How far a round is, as a simulation tells it while it runs.
#include "simulation/round_progress.h"

#include <gtest/gtest.h>

#include "tests/support/tiny_run.h"

namespace cleave::testing {
namespace {

// The last share of every round, of a run of this job; shares must not fall within a round.
std::vector<double> last_shares(const Job& job) {
  TemporaryFolder folder;
  JobInputs inputs = tiny_inputs(job);
  const Partition partition = tiny_partition(inputs);
  RunFolder run = RunFolder::create(folder / "run", job);
  std::vector<double> last;
  SimulationOptions options;
  options.on_progress = [&](std::uint32_t round, double share) {
    EXPECT_GE(round, last.size());
    if (round > last.size()) last.resize(round);
    EXPECT_GE(share, last[round - 1]);
    EXPECT_LE(share, 1.0);
    last[round - 1] = share;
  };
  simulate(inputs, partition, run, options);
  return last;
}

TEST(RoundProgress, EndsAtOneInEveryRoundThatDoesNotPrune) {
  Job job = tiny_job();
  job.federation.rounds = 3;
  EXPECT_EQ(last_shares(job), (std::vector<double>{1, 1, 1}));
}

TEST(RoundProgress, CountsScoringAndBypassOfAPruningRound) {
  Job job = tiny_job();
  job.federation.rounds = 2;
  job.phases.keep = 0.5;
  job.phases.selection = "global";
  job.phases.bypass_epochs = 2;
  job.phases.rescore = true;
  EXPECT_EQ(last_shares(job), (std::vector<double>{1, 1}));
}

TEST(RoundProgress, PassesAreThoseOfThePhases) {
  Job job;
  job.phases.bypass_epochs = 2;
  job.phases.split_epochs = 3;
  job.phases.keep = 1;
  EXPECT_EQ(passes_of_round(job, 1, 10), 2 * 10 + 3 * 10);
  job.phases.prune_from_round = 1;
  job.phases.keep = 0.35;  // ceil(3.5) are kept
  job.phases.score = "el2n";
  job.phases.bypass_data = "kept";
  EXPECT_EQ(passes_of_round(job, 1, 10), 10 + 2 * 4 + 3 * 4);
  job.phases.bypass_data = "all";
  job.phases.rescore = true;
  EXPECT_EQ(passes_of_round(job, 1, 10), 2 * 10 + 2 * 10 + 3 * 4);
  job.phases.score = "random";
  EXPECT_EQ(passes_of_round(job, 1, 10), 2 * 10 + 3 * 4);
}

}  // namespace
}  // namespace cleave::testing
