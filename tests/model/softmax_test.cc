// Softmax and its backward against the formulas in double precision.
#include "common/model/softmax.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace cleave {
namespace {

std::vector<float> scores(std::size_t count) {
  std::mt19937 random(7);
  std::normal_distribution<float> normal(0, 5);
  std::vector<float> out(count);
  for (float& x : out) x = normal(random);
  return out;
}

std::vector<double> by_formula(const float* x, std::int64_t seen, std::int64_t columns) {
  std::vector<double> p(static_cast<std::size_t>(columns));
  double most = -std::numeric_limits<double>::infinity(), sum = 0;
  for (std::int64_t j = 0; j < seen; ++j) most = std::max<double>(most, x[j]);
  for (std::int64_t j = 0; j < seen; ++j) sum += std::exp(x[j] - most);
  for (std::int64_t j = 0; j < seen; ++j)
    p[static_cast<std::size_t>(j)] = std::exp(x[j] - most) / sum;
  return p;
}

TEST(Softmax, OfEveryRowIsTheFormulaAndACausalRowSeesNothingLater) {
  for (const std::int64_t columns : {1, 2, 15, 16, 17, 100, 356}) {
    for (const std::int64_t rows : {std::int64_t{1}, columns / 2 + 1, columns}) {
      for (const bool causal : {false, true}) {
        const std::vector<float> x = scores(static_cast<std::size_t>(rows * columns));
        std::vector<float> p = x;
        std::vector<double> wide(x.begin(), x.end());
        softmax(p.data(), rows, columns, causal);
        softmax(wide.data(), rows, columns, causal);
        for (std::int64_t i = 0; i < rows; ++i) {
          const std::int64_t seen = causal ? columns - rows + 1 + i : columns;
          const std::vector<double> expected = by_formula(&x[i * columns], seen, columns);
          for (std::int64_t j = 0; j < columns; ++j) {
            const double e = expected[static_cast<std::size_t>(j)];
            ASSERT_NEAR(p[static_cast<std::size_t>(i * columns + j)], e, 4e-6 * e + 1e-37);
            ASSERT_NEAR(wide[static_cast<std::size_t>(i * columns + j)], e, 1e-13 * e);
          }
        }
      }
    }
  }
}

TEST(Softmax, GivesNaNWhereARowHoldsOneAndNowhereElse) {
  constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
  for (const std::size_t at : {0u, 7u, 39u}) {
    std::vector<float> x = scores(120);
    x[40 + at] = kNaN;
    softmax(x.data(), 3, 40, false);
    for (std::size_t j = 0; j < 120; ++j) {
      EXPECT_EQ(std::isnan(x[j]), j >= 40 && j < 80) << at << " " << j;
    }
  }
}

TEST(Softmax, BackwardIsTheFormula) {
  for (const std::int64_t columns : {1, 15, 33, 356}) {
    std::vector<float> p = scores(static_cast<std::size_t>(2 * columns));
    softmax(p.data(), 2, columns, false);
    const std::vector<float> dp = scores(p.size());
    std::vector<float> ds = dp;
    softmax_backward(p.data(), ds.data(), 2, columns);
    for (std::size_t i = 0; i < 2; ++i) {
      const auto n = static_cast<std::size_t>(columns);
      double dot = 0;
      for (std::size_t j = 0; j < n; ++j) dot += static_cast<double>(p[i * n + j]) * dp[i * n + j];
      for (std::size_t j = 0; j < n; ++j) {
        ASSERT_NEAR(ds[i * n + j], (dp[i * n + j] - dot) * p[i * n + j], 1e-5);
      }
    }
  }
}

}  // namespace
}  // namespace cleave
