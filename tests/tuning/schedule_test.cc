// The rate factor as a pure function.
#include "common/trainer/schedule.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <vector>

#include "common/base/error.h"

namespace cleave::testing {
namespace {

const std::vector<Decay> kDecays = {Decay::kConstant, Decay::kLinear, Decay::kCosine};

TEST(RateFactor, OfTheDefaultScheduleIsOneEverywhere) {
  for (const double step : {0.0, 1.0, 7.0, 1e9}) EXPECT_EQ(rate_factor({}, {step, 7}), 1.0);
}

TEST(RateFactor, RisesLinearlyOverTheWarmUpAndFallsToZeroAtTheLastStep) {
  const Schedule linear{Decay::kLinear, 3};
  const double expected[] = {1 / 3.0, 2 / 3.0, 1, 1, 4 / 5.0, 3 / 5.0, 2 / 5.0, 1 / 5.0, 0, 0};
  for (int s = 0; s < 10; ++s) {
    EXPECT_DOUBLE_EQ(rate_factor(linear, {static_cast<double>(s), 8}), expected[s]) << s;
  }
}

TEST(RateFactor, OfACosineIsHalfInTheMiddle) {
  const Schedule cosine{Decay::kCosine, 2};
  EXPECT_DOUBLE_EQ(rate_factor(cosine, {2, 12}), 1);
  EXPECT_NEAR(rate_factor(cosine, {7, 12}), 0.5, 1e-12);
  EXPECT_EQ(rate_factor(cosine, {12, 12}), 0);
}

TEST(RateFactor, OfAnUnknownDecayIsRefusedWithTheKnownOnes) {
  EXPECT_EQ(parse_decay("cosine"), Decay::kCosine);
  EXPECT_THROW(parse_decay("cosinus"), DataError);
}

RC_GTEST_PROP(RateFactor, IsFromZeroToOneAndNeverRisesAfterTheWarmUp, ()) {
  const auto warmup = *rc::gen::inRange<std::int64_t>(0, 50);
  const auto total = *rc::gen::inRange(1, 200);
  const Schedule schedule{*rc::gen::elementOf(kDecays), warmup};
  double before = 0;
  for (int s = 0; s < total + 3; ++s) {
    const double factor = rate_factor(schedule, {static_cast<double>(s), 1.0 * total});
    RC_ASSERT(factor >= 0 && factor <= 1);
    if (s > 0) RC_ASSERT((s <= warmup ? factor >= before || s >= total : factor <= before));
    if (s < warmup) RC_ASSERT(factor > 0);
    before = factor;
  }
}

}  // namespace
}  // namespace cleave::testing
