// Which rank a client trains, and what it starts from.
#include "server/coordinator/aggregation/ranks.h"

#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/server/factor_cases.h"
#include "tests/support/refusal.h"

namespace cleave::testing {
namespace {

Job ranked_job() {
  Job job;
  job.federation.ranks = {"2", "4", "8"};
  return job;
}

TEST(Ranks, AreDealtInTurnBySimulatedClientsNumbers) {
  const Job job = ranked_job();
  EXPECT_EQ(rank_of(job, "client-0"), 2);
  EXPECT_EQ(rank_of(job, "client-0004"), 4);
  EXPECT_EQ(rank_of(job, "client-11"), 8);
  EXPECT_EQ(rank_of(Job(), "client-11"), std::nullopt);
}

TEST(Ranks, AreDealtInTheOrderOfTheRoster) {
  Job job = ranked_job();
  job.server.roster = {"north", "south-7"};
  EXPECT_EQ(rank_of(job, "north"), 2);
  EXPECT_EQ(rank_of(job, "south-7"), 4);
}

TEST(Ranks, OfAClientWithNeitherAreRefused) {
  const std::string why = refusal<DataError>([] { rank_of(ranked_job(), "north"); });
  EXPECT_NE(why.find("north has no number"), std::string::npos) << why;
}

TEST(Ranks, KeepTheFirstDirectionsAndShareTheRest) {
  Stream stream(1, "ranks");
  State state;
  state.add("B", normal_matrix(stream, 5, 3).to(at::kFloat));
  state.add("A", normal_matrix(stream, 3, 6).to(at::kFloat));
  state.add("tail", normal_matrix(stream, 2, 2).to(at::kFloat));
  const State own = with_rank(state, {{"B", "A"}}, 2);
  const at::Tensor expected = state.at("B").narrow(1, 0, 2).matmul(state.at("A").narrow(0, 0, 2));
  EXPECT_TRUE(at::allclose(own.at("B").matmul(own.at("A")), expected));
  EXPECT_EQ(own.at("A")[2].count_nonzero().item<std::int64_t>(), 0);
  EXPECT_EQ(own.at("B").select(1, 2).count_nonzero().item<std::int64_t>(), 0);
  EXPECT_EQ(own.at("tail").data_ptr(), state.at("tail").data_ptr());
  EXPECT_TRUE(equal(with_rank(state, {{"B", "A"}}, 3), state));
}

}  // namespace
}  // namespace cleave::testing
