// What holds of the rules for all factors: identity, order, exactness, optimality, learning on.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "server/coordinator/aggregation/rules.h"
#include "tests/server/factor_cases.h"

namespace cleave {
namespace {

using testing::change;
using testing::distance;
using testing::mean_change;

// Two to four clients; ranks up to the sides and sums of ranks above and below them.
testing::FactorCase any_case(bool equal_ranks) {
  testing::FactorCase c;
  c.seed = *rc::gen::arbitrary<std::uint64_t>();
  c.out = *rc::gen::inRange<std::int64_t>(4, 14);
  c.in = *rc::gen::inRange<std::int64_t>(4, 14);
  const auto rank = rc::gen::inRange<std::int64_t>(1, 5);
  c.ranks =
      *rc::gen::container<std::vector<std::int64_t>>(*rc::gen::inRange<std::size_t>(2, 5), rank);
  if (equal_ranks) c.ranks.assign(c.ranks.size(), c.ranks[0]);
  c.mixed_scales = !equal_ranks;
  return c;
}

std::int64_t largest_rank(const testing::FactorCase& c) {
  return *std::max_element(c.ranks.begin(), c.ranks.end());
}

void check_orthonormal(const at::Tensor& rows) {
  const at::Tensor gram = rows.matmul(rows.t());
  RC_ASSERT(distance(gram, at::eye(rows.size(0), at::kDouble)) < 1e-12);
}

RC_GTEST_PROP(RulesOfAnyFactors, IdenticalClientsGiveWhatTheyHave, ()) {
  const testing::FactorCase c = any_case(true);
  FactorUpdates updates = testing::random_updates(c);
  for (FactorUpdate& update : updates) update.factors = updates[0].factors;
  const Factors own = updates[0].factors;
  const double tolerance = 1e-12 * change(own).norm().item<double>();
  RC_ASSERT(distance(change(factor_mean(updates)), change(own)) < tolerance);
  RC_ASSERT(distance(change(freeze_a(updates)), change(own)) < tolerance);
  RC_ASSERT(distance(change(stacking(updates)), change(own)) < tolerance);
  RC_ASSERT(distance(change(product_svd(updates, c.ranks[0], 2)), change(own)) < tolerance);
  RC_ASSERT(change(residual(updates).base.value()).norm().item<double>() < tolerance);
}

RC_GTEST_PROP(RulesOfAnyFactors, TheOrderOfClientsChangesNothing, ()) {
  const testing::FactorCase c = any_case(true);
  const FactorUpdates updates = testing::random_updates(c);
  const FactorUpdates reversed(updates.rbegin(), updates.rend());
  const double tolerance = 1e-12 * mean_change(updates).norm().item<double>() + 1e-12;
  RC_ASSERT(distance(change(factor_mean(updates)), change(factor_mean(reversed))) < tolerance);
  RC_ASSERT(distance(change(stacking(updates)), change(stacking(reversed))) < tolerance);
  RC_ASSERT(distance(change(residual(updates).base.value()),
                     change(residual(reversed).base.value())) < tolerance);
  const std::int64_t all = std::min(c.in, static_cast<std::int64_t>(c.ranks.size()) * c.ranks[0]);
  RC_ASSERT(distance(change(product_svd(updates, all, 1)), change(product_svd(reversed, all, 1))) <
            tolerance);
}

RC_GTEST_PROP(RulesOfAnyFactors, StackingAndResidualReproduceTheMeanChange, ()) {
  const FactorUpdates mixed = testing::random_updates(any_case(false));
  const at::Tensor target = mean_change(mixed);
  RC_ASSERT(distance(change(stacking(mixed)), target) < 1e-14 * target.norm().item<double>());
  const FactorUpdates alike = testing::random_updates(any_case(true));
  const Merged both = residual(alike);
  RC_ASSERT(distance(change(both.factors) + change(*both.base), mean_change(alike)) <
            1e-13 * (1 + mean_change(alike).norm().item<double>()));
}

// The best approximation is unique only where the singular values at the cut differ; its distance
// always is.
RC_GTEST_PROP(RulesOfAnyFactors, TheThinSvdEqualsTheFullOne, ()) {
  const testing::FactorCase c = any_case(*rc::gen::arbitrary<bool>());
  const FactorUpdates updates = testing::random_updates(c);
  const std::int64_t rank = std::min({largest_rank(c), c.out, c.in});
  const at::Tensor target = mean_change(updates);
  const auto [u, s, vt] = at::linalg_svd(target, /*full_matrices=*/false);
  const at::Tensor best =
      (u.narrow(1, 0, rank) * s.narrow(0, 0, rank)).matmul(vt.narrow(0, 0, rank));
  const at::Tensor found = change(product_svd(updates, rank, 0.5));
  const double tolerance = 1e-12 * target.norm().item<double>();
  RC_ASSERT(std::abs(distance(found, target) - distance(best, target)) < tolerance);
  const double gap = rank < s.size(0) ? (s[rank - 1] - s[rank]).item<double>() : 1;
  if (gap > 1e-2 * s[0].item<double>()) RC_ASSERT(distance(found, best) < tolerance);
}

RC_GTEST_PROP(RulesOfAnyFactors, TheProductsSvdIsNeverFartherFromTheMeanThanTheFactorMean, ()) {
  const testing::FactorCase c = any_case(true);
  const FactorUpdates updates = testing::random_updates(c);
  const at::Tensor target = mean_change(updates);
  RC_ASSERT(distance(change(product_svd(updates, c.ranks[0], 2)), target) <=
            distance(change(factor_mean(updates)), target) + 1e-12 * target.norm().item<double>());
}

// Unequal ranks have a factor mean only when the smaller factors are padded with zeros.
RC_GTEST_PROP(RulesOfAnyFactors, NorThanTheFactorMeanOfPaddedFactors, ()) {
  testing::FactorCase c = any_case(false);
  c.mixed_scales = false;
  const FactorUpdates updates = testing::random_updates(c);
  const std::int64_t rank = largest_rank(c);
  FactorUpdates padded = updates;
  for (auto& [factors, weight] : padded) {
    const std::int64_t missing = rank - factors.right.size(0);
    factors.left = at::cat({factors.left, at::zeros({c.out, missing}, at::kDouble)}, 1);
    factors.right = at::cat({factors.right, at::zeros({missing, c.in}, at::kDouble)}, 0);
  }
  const at::Tensor target = mean_change(updates);
  RC_ASSERT(distance(change(product_svd(updates, rank, 2)), target) <=
            distance(change(factor_mean(padded)), target) + 1e-12 * target.norm().item<double>());
}

RC_GTEST_PROP(RulesOfAnyFactors, ZeroLeftFactorsGiveNoChangeAndRightFactorsToLearnOnFrom, ()) {
  const testing::FactorCase c = any_case(true);
  FactorUpdates updates = testing::random_updates(c);
  for (FactorUpdate& update : updates) update.factors.left.zero_();
  const Factors best = product_svd(updates, c.ranks[0], 2);
  RC_ASSERT(best.left.abs().max().item<double>() == 0);
  check_orthonormal(best.right);
  RC_ASSERT(change(factor_mean(updates)).norm().item<double>() == 0);
  RC_ASSERT(change(stacking(updates)).norm().item<double>() == 0);
  RC_ASSERT(change(residual(updates).base.value()).norm().item<double>() == 0);
}

RC_GTEST_PROP(RulesOfAnyFactors, ARankAboveThatOfTheMeanIsFilledWithOrthonormalRows, ()) {
  testing::FactorCase c;
  c.seed = *rc::gen::arbitrary<std::uint64_t>();
  c.ranks = {1, 1};
  const FactorUpdates updates = testing::random_updates(c);
  const auto rank = *rc::gen::inRange<std::int64_t>(3, 12);  // up to `in`
  const Factors filled = product_svd(updates, rank, 2);
  RC_ASSERT(distance(change(filled), mean_change(updates)) <
            1e-12 * mean_change(updates).norm().item<double>());
  RC_ASSERT(filled.left.narrow(1, 2, rank - 2).abs().max().item<double>() == 0);
  const at::Tensor directions = filled.right / filled.right.norm(2, 1, /*keepdim=*/true);
  check_orthonormal(directions);
  check_orthonormal(filled.right.narrow(0, 2, rank - 2));
}

// Equal updates stacked have singular values of rounding noise beyond their own rank.
RC_GTEST_PROP(RulesOfAnyFactors, DirectionsOfRoundingNoiseCountAsNone, ()) {
  testing::FactorCase c;
  c.seed = *rc::gen::arbitrary<std::uint64_t>();
  FactorUpdates updates = testing::random_updates(c);  // rank 2, stacked 6
  for (FactorUpdate& update : updates) update.factors = updates[0].factors;
  const Factors best = product_svd(updates, 5, 2);
  RC_ASSERT(best.left.narrow(1, 2, 3).abs().max().item<double>() == 0);
  check_orthonormal(best.right.narrow(0, 2, 3));
}

RC_GTEST_PROP(RulesOfAnyFactors, TheLargestEntryOfARightRowIsPositive, ()) {
  const testing::FactorCase c = any_case(true);
  const Factors best = product_svd(testing::random_updates(c), c.ranks[0], 2);
  RC_ASSERT(at::equal(best.right.amax(1), best.right.abs().amax(1)));
}

}  // namespace
}  // namespace cleave
