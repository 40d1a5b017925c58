// The rules against golden values, against sums done by hand, and what they refuse.
#include "server/coordinator/aggregation/rules.h"

#include <gtest/gtest.h>

#include "tests/server/factor_cases.h"
#include "tests/support/golden.h"
#include "tests/support/refusal.h"

namespace cleave {
namespace {

using testing::change;
using testing::refusal;
using testing::relative_difference;

constexpr double kStored = 1e-6;  // fixtures are computed in fp64 and stored in fp32

class LoraAggregation : public ::testing::Test {
 protected:
  LoraAggregation() {
    for (std::int64_t i = 0; i < golden["B"].size(0); ++i) {
      updates.push_back({{golden["B"][i], golden["A"][i], 1}, golden["n"][i].item<double>()});
    }
  }
  double error_of(const at::Tensor& merged) const {
    return relative_difference(merged, testing::mean_change(updates));
  }

  testing::Golden golden{"lora_aggregation"};
  FactorUpdates updates;
};

TEST_F(LoraAggregation, SharesAreTheGoldenWeights) {
  const std::vector<double> share = shares(updates);
  ASSERT_EQ(golden["weights"].numel(), 3);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_FLOAT_EQ(static_cast<float>(share[i]),
                    golden["weights"][static_cast<std::int64_t>(i)].item<float>());
  }
}

TEST_F(LoraAggregation, TheFactorMeanIsTheGoldenOneWithItsError) {
  const Factors mean = factor_mean(updates);
  EXPECT_LT(relative_difference(mean.left, golden["factor_mean_B"]), kStored);
  EXPECT_LT(relative_difference(mean.right, golden["factor_mean_A"]), kStored);
  EXPECT_LT(relative_difference(change(mean), golden["factor_mean_product"]), kStored);
  EXPECT_NEAR(error_of(change(mean)), golden["rel_error_factor_mean"].item<double>(), kStored);
}

TEST_F(LoraAggregation, StackingIsTheGoldenExactMeanOfRankTwelve) {
  const Factors stacked = stacking(updates);
  EXPECT_EQ(stacked.right.size(0), 12);
  EXPECT_LT(relative_difference(change(stacked), golden["exact_product_mean"]), kStored);
  EXPECT_LT(relative_difference(change(stacked), golden["stacked_rank12_product"]), kStored);
  EXPECT_LT(golden["rel_error_stacked"].item<double>(), 1e-14);
  EXPECT_LT(error_of(change(stacked)), 1e-14);
}

TEST_F(LoraAggregation, TheProductsSvdIsTheGoldenBestOfRankFourWithItsError) {
  const Factors best = product_svd(updates, 4, 1);
  EXPECT_LT(relative_difference(change(best), golden["svd_rank4_product"]), kStored);
  EXPECT_NEAR(error_of(change(best)), golden["rel_error_svd"].item<double>(), kStored);
}

TEST_F(LoraAggregation, TheProductsSvdHasTheGoldenSingularValues) {
  const Factors best = product_svd(updates, 16, 1);  // rank 12 and four directions of nothing
  const at::Tensor found = best.left.norm(2, 0) * best.right.norm(2, 1);
  const at::Tensor expected = golden["singular_values"].to(at::kDouble);
  ASSERT_EQ(expected.numel(), 16);
  EXPECT_LT((found - expected).abs().max().item<double>(), kStored * expected[0].item<double>());
  EXPECT_EQ(best.left.narrow(1, 12, 4).abs().max().item<double>(), 0);
}

TEST_F(LoraAggregation, TheResidualIsWhatTheFactorMeanMisses) {
  const Merged both = residual(updates);
  EXPECT_EQ(both.base->right.size(0), 16);
  EXPECT_LT(relative_difference(change(both.factors), golden["factor_mean_product"]), kStored);
  EXPECT_LT(
      relative_difference(change(both.factors) + change(*both.base), golden["exact_product_mean"]),
      kStored);
}

Factors scalars(double left, double right, double scale = 1) {
  return {at::full({1, 1}, left, at::kDouble), at::full({1, 1}, right, at::kDouble), scale};
}

TEST(Rules, OfScalarsByHand) {
  const FactorUpdates two = {{scalars(2, 1), 1}, {scalars(-1, 3), 1}};
  EXPECT_DOUBLE_EQ(change(factor_mean(two)).item<double>(), 1.0);
  EXPECT_DOUBLE_EQ(change(stacking(two)).item<double>(), -0.5);
  EXPECT_DOUBLE_EQ(change(product_svd(two, 1, 1)).item<double>(), -0.5);
  EXPECT_DOUBLE_EQ(change(residual(two).base.value()).item<double>(), -1.5);
  const Factors doubled = product_svd(two, 1, 2);
  EXPECT_DOUBLE_EQ(doubled.left.item<double>(), -0.5);
  EXPECT_DOUBLE_EQ(doubled.right.item<double>(), 0.5) << "split evenly, right positive";
}

TEST(Rules, FreezeAIsExactWhereAllHaveOneA) {
  FactorUpdates updates = testing::random_updates({});
  for (FactorUpdate& update : updates) update.factors.right = updates[0].factors.right;
  const Factors merged = freeze_a(updates);
  EXPECT_TRUE(at::equal(merged.right, updates[0].factors.right));
  EXPECT_LT(relative_difference(change(merged), testing::mean_change(updates)), 1e-14);
}

TEST(Rules, FreezeAIsExactWhereTheFixedFactorIsTheLeftOne) {
  FactorUpdates updates = testing::random_updates({});
  for (FactorUpdate& update : updates) {
    update.factors.left = updates[0].factors.left;
    update.factors.left_fixed = true;
  }
  const Factors merged = freeze_a(updates);
  EXPECT_TRUE(at::equal(merged.left, updates[0].factors.left));
  EXPECT_LT(relative_difference(change(merged), testing::mean_change(updates)), 1e-14);
  updates[1].factors.left = updates[1].factors.left + 1;
  EXPECT_NE(refusal([&] { freeze_a(updates); }).find("the left factor has moved"),
            std::string::npos);
}

TEST(Rules, FreezeARefusesAnAThatMoved) {
  FactorUpdates updates = testing::random_updates({});
  EXPECT_NE(refusal([&] { freeze_a(updates); }).find("the right factor has moved"),
            std::string::npos);
}

TEST(Rules, FactorsOfMixedRanksOrScalesHaveNoMean) {
  testing::FactorCase c;
  c.ranks = {2, 3};
  EXPECT_NE(refusal([&] { factor_mean(testing::random_updates(c)); }).find("ranks 2 and 3"),
            std::string::npos);
  c.ranks = {2, 2};
  c.mixed_scales = true;
  for (const auto rule : {+[](const FactorUpdates& u) { factor_mean(u); },
                          +[](const FactorUpdates& u) { residual(u); }}) {
    EXPECT_NE(refusal([&] { rule(testing::random_updates(c)); }).find("scales 0.5"),
              std::string::npos);
  }
}

TEST(Rules, TheProductsSvdRefusesARankAboveTheWidthAndScaleZero) {
  const FactorUpdates updates = testing::random_updates({});
  EXPECT_NE(refusal([&] { product_svd(updates, 12, 1); }).find("rank 12"), std::string::npos);
  EXPECT_NE(refusal([&] { product_svd(updates, 2, 0); }).find("scale 0"), std::string::npos);
}

}  // namespace
}  // namespace cleave
