// Classification measures against sums done by hand.
#include "server/coordinator/metrics.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace cleave {
namespace {

using Counts = std::vector<std::uint64_t>;

TEST(Metrics, OfThreeClassesByHand) {
  // Rows are labels: 5, 5 and 2 samples.
  const Counts counts = {4, 1, 0, 2, 3, 0, 1, 1, 0};
  const Confusion confusion{counts};
  EXPECT_EQ(confusion.classes(), 3u);
  EXPECT_EQ(confusion.total(), 12u);
  EXPECT_EQ(confusion.at(1, 0), 2u);
  EXPECT_DOUBLE_EQ(accuracy(confusion), 7.0 / 12);
  EXPECT_EQ(predicted_counts(confusion), (Counts{7, 5, 0}));
  EXPECT_EQ(recalls(confusion), (std::vector<double>{0.8, 0.6, 0}));
  EXPECT_DOUBLE_EQ(macro_f1(confusion), (8.0 / 12 + 6.0 / 10 + 0) / 3);
}

TEST(Metrics, OneClassPredictedHasHalfTheF1OfItsClass) {
  const Counts counts = {0, 50, 0, 50};
  EXPECT_DOUBLE_EQ(accuracy({counts}), 0.5);
  EXPECT_DOUBLE_EQ(macro_f1({counts}), (0 + 2.0 * 50 / 150) / 2);
}

TEST(Metrics, AClassThatNeitherOccursNorIsPredictedDoesNotCount) {
  const Counts counts = {3, 0, 0, 0, 3, 0, 0, 0, 0};
  EXPECT_DOUBLE_EQ(macro_f1({counts}), 1);
  const Counts predicted_once = {3, 0, 0, 0, 2, 1, 0, 0, 0};
  EXPECT_DOUBLE_EQ(macro_f1({predicted_once}), (1 + 2.0 * 2 / 5 + 0) / 3);
}

TEST(Metrics, OfNothingAreZero) {
  const Counts counts(4);
  EXPECT_EQ(accuracy({counts}), 0);
  EXPECT_EQ(macro_f1({counts}), 0);
  EXPECT_EQ(accuracy({}), 0);
}

RC_GTEST_PROP(Metrics, AreFractionsAndDoNotDependOnTheNamesOfClasses, ()) {
  const auto classes = *rc::gen::inRange<std::size_t>(1, 6);
  const auto counts =
      *rc::gen::container<Counts>(classes * classes, rc::gen::inRange<std::uint64_t>(0, 9));
  Counts reversed(counts.rbegin(), counts.rend());  // label c becomes classes - 1 - c
  const double f1 = macro_f1({counts});
  RC_ASSERT(f1 >= 0 && f1 <= 1);
  RC_ASSERT(accuracy({counts}) == accuracy({reversed}));
  RC_ASSERT(std::abs(f1 - macro_f1({reversed})) < 1e-12);
}

TEST(Metrics, TheTenthPercentileIsTheValueAtTheRoundedUpRank) {
  std::vector<double> values;
  for (int i = 20; i >= 1; --i) values.push_back(i);
  EXPECT_DOUBLE_EQ(spread_of(values).mean, 10.5);
  EXPECT_EQ(spread_of(values).worst, 1);
  EXPECT_EQ(spread_of(values).tenth_percentile, 2);
  values.push_back(21);
  EXPECT_EQ(spread_of(values).tenth_percentile, 3);
  EXPECT_EQ(spread_of({0.5}).tenth_percentile, 0.5);
  EXPECT_EQ(spread_of({3, 1, 2}).tenth_percentile, 1);
}

}  // namespace
}  // namespace cleave
