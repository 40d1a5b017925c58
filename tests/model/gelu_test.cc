// GELU and its slope against the formulas in double precision.
#include "common/model/gelu.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>
#include <vector>

namespace cleave {
namespace {

double distribution(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }
double density(double x) { return std::exp(-x * x / 2) / std::sqrt(2 * std::numbers::pi); }

std::vector<float> numbers_around_zero() {
  std::vector<float> x = {0.0f, -0.0f, 1e-30f, -1e30f, 1e30f, 200.0f, -200.0f};
  for (int i = -140'000; i <= 140'000; ++i) x.push_back(static_cast<float>(i) * 1e-4f);
  return x;
}

TEST(Gelu, AndItsSlopeAreTheFormulasWithinTheStatedBound) {
  const std::vector<float> x = numbers_around_zero();
  std::vector<float> y(x.size()), slope(x.size());
  gelu_with_slope(x.data(), x.size(), y.data(), slope.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double v = x[i], bound = 3e-7 * (1 + std::abs(v));
    ASSERT_NEAR(y[i], v * distribution(v), bound) << "x = " << v;
    ASSERT_NEAR(slope[i], distribution(v) + v * density(v), bound) << "x = " << v;
  }
}

TEST(Gelu, MayPutTheSlopeWhereTheInputWas) {
  const std::vector<float> x = numbers_around_zero();
  std::vector<float> apart_y(x.size()), apart(x.size()), y(x.size()), in_place = x;
  gelu_with_slope(x.data(), x.size(), apart_y.data(), apart.data());
  gelu_with_slope(in_place.data(), x.size(), y.data(), in_place.data());
  EXPECT_EQ(in_place, apart);
  EXPECT_EQ(y, apart_y);
}

}  // namespace
}  // namespace cleave
