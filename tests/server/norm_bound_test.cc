// federation.max_norm: one long update cannot own the average, whatever order updates come in.
#include "server/coordinator/aggregation/norm_bound.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/error.h"
#include "server/coordinator/aggregation/aggregation.h"
#include "tests/support/refusal.h"

namespace cleave {
namespace {

using testing::refusal;

State state_of(std::vector<float> values) {
  State state;
  state.add("w", at::tensor(values, at::kFloat));
  return state;
}

struct Sent {
  std::string client;
  State update;
};

// From the origin, so that an update's norm is its own.
State average(std::vector<Sent> sent, double max_norm, std::vector<ShortenedUpdate>* struck) {
  Aggregation mean(state_of({0, 0}), aggregation_rule("mean"), {}, max_norm);
  for (const Sent& own : sent) mean.add(own.client, own.update, 1);
  State out = mean.finish();
  if (struck) *struck = mean.shortened_updates();
  return out;
}

TEST(NormBound, IsTheOthersMedianTimesTheFactor) {
  EXPECT_EQ(norm_bounds({1, 2, 3}, 2), (std::vector<double>{5, 4, 3}));
  EXPECT_EQ(norm_bounds({1, 2, 9, 4}, 1), (std::vector<double>{4, 4, 2, 2}));
  EXPECT_EQ(norm_bounds({1, 1e9}, 3), (std::vector<double>{3e9, 3})) << "no client raises its own";
  EXPECT_EQ(norm_bounds({7}, 2)[0], std::numeric_limits<double>::infinity());
}

// spec security.md 6: (3, 4) to length 1 is (0.6, 0.8).
TEST(NormBound, ShortensAlongTheChange) {
  EXPECT_EQ(update_norm(state_of({4, 6}), state_of({1, 2})), 5);
  const State out = shortened(state_of({4, 6}), state_of({1, 2}), 1.0 / 5);
  EXPECT_FLOAT_EQ(out.tensors[0].second[0].item<float>(), 1.6f);
  EXPECT_FLOAT_EQ(out.tensors[0].second[1].item<float>(), 2.8f);
}

TEST(NormBound, StrikesALongUpdateAndNamesIt) {
  std::vector<ShortenedUpdate> struck;
  const State out =
      average({{"a", state_of({1, 0})}, {"b", state_of({0, 1})}, {"z", state_of({-3000, 4000})}}, 2,
              &struck);
  ASSERT_EQ(struck.size(), 1u);
  EXPECT_EQ(struck[0].client, "z");
  EXPECT_EQ(struck[0].norm, 5000);
  EXPECT_EQ(struck[0].bound, 2);
  EXPECT_FLOAT_EQ(out.tensors[0].second[0].item<float>(), static_cast<float>((1 - 1.2) / 3));
  EXPECT_FLOAT_EQ(out.tensors[0].second[1].item<float>(), static_cast<float>((1 + 1.6) / 3));
}

TEST(NormBound, ThatStrikesNobodyChangesNoBit) {
  const std::vector<Sent> sent = {
      {"a", state_of({0.1f, 0.7f})}, {"b", state_of({0.3f, -0.2f})}, {"c", state_of({0.5f, 0.1f})}};
  std::vector<ShortenedUpdate> struck;
  EXPECT_TRUE(equal(average(sent, 100, &struck), average(sent, 0, nullptr)));
  EXPECT_TRUE(struck.empty());
}

TEST(NormBound, DoesNotDependOnTheOrderOfArrival) {
  std::vector<Sent> sent = {{"a", state_of({0.1f, 0.7f})},
                            {"b", state_of({0.3f, -0.2f})},
                            {"c", state_of({500, 0.1f})},
                            {"d", state_of({-30, 17})}};
  const State first = average(sent, 1.5, nullptr);
  while (std::next_permutation(sent.begin(), sent.end(),
                               [](const Sent& x, const Sent& y) { return x.client < y.client; })) {
    EXPECT_TRUE(equal(average(sent, 1.5, nullptr), first));
  }
}

TEST(NormBound, LeavesASingleUpdateAsItIs) {
  const State only = state_of({300, 400});
  EXPECT_TRUE(equal(average({{"a", only}}, 1, nullptr), only));
}

TEST(NormBound, RefusesWhatCannotBeAveragedWhenItComes) {
  Aggregation mean(state_of({0, 0}), aggregation_rule("mean"), {}, 2);
  EXPECT_NE(refusal([&] { mean.add("a", state_of({std::nanf(""), 0}), 1); }), "");
  EXPECT_NE(refusal([&] { mean.add("a", state_of({1, 2, 3}), 1); }), "");
  EXPECT_NE(refusal([&] { mean.add("a", state_of({1, 2}), 0); }), "");
  EXPECT_EQ(mean.count(), 0u);
}

}  // namespace
}  // namespace cleave
