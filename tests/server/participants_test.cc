// Who takes part in a round.
#include "server/coordinator/participants.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace cleave {
namespace {

using Ids = std::vector<std::string>;

Ids clients(std::size_t count) {
  Ids ids;
  for (std::size_t i = 0; i < count; ++i) ids.push_back("client-" + std::to_string(100 + i));
  return ids;
}

RC_GTEST_PROP(Participants, AreDistinctSortedBoundedAndPure,
              (std::uint64_t seed, std::uint32_t round)) {
  const Ids ids = clients(*rc::gen::inRange<std::size_t>(0, 30));
  const auto count = *rc::gen::inRange<std::size_t>(0, 40);
  const Ids picked = pick_clients(ids, count, seed, round);
  RC_ASSERT(picked.size() == std::min(count, ids.size()));
  RC_ASSERT(std::is_sorted(picked.begin(), picked.end()));
  RC_ASSERT(std::set(picked.begin(), picked.end()).size() == picked.size());
  RC_ASSERT(std::includes(ids.begin(), ids.end(), picked.begin(), picked.end()));
  RC_ASSERT(pick_clients(ids, count, seed, round) == picked);
}

TEST(Participants, ChangeWithTheRoundAndTheSeed) {
  const Ids ids = clients(20);
  EXPECT_NE(pick_clients(ids, 5, 1, 1), pick_clients(ids, 5, 1, 2));
  EXPECT_NE(pick_clients(ids, 5, 1, 1), pick_clients(ids, 5, 2, 1));
}

TEST(Participants, EveryClientIsPickedEquallyOften) {
  const Ids ids = clients(10);
  std::map<std::string, int> counts;
  for (std::uint32_t round = 1; round <= 2000; ++round) {
    for (const std::string& id : pick_clients(ids, 5, 1, round)) ++counts[id];
  }
  for (const std::string& id : ids) EXPECT_NEAR(counts[id], 1000, 4 * std::sqrt(500.0)) << id;
}

}  // namespace
}  // namespace cleave
