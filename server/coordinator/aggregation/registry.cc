#include "server/coordinator/aggregation/registry.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "common/base/error.h"

namespace cleave {
namespace {

Merged merge_mean(const FactorUpdates& updates, const Factors&) { return {factor_mean(updates)}; }
Merged merge_frozen(const FactorUpdates& updates, const Factors&) { return {freeze_a(updates)}; }
Merged merge_product(const FactorUpdates& updates, const Factors& global) {
  return {product_svd(updates, global.right.size(0), global.scale)};
}
// The factors begin the next round as LoRA's begin: no change, along the directions they had.
Merged merge_stacked(const FactorUpdates& updates, const Factors& global) {
  return {{at::zeros_like(global.left), global.right, global.scale}, stacking(updates)};
}
Merged merge_residual(const FactorUpdates& updates, const Factors&) { return residual(updates); }

}  // namespace

const std::vector<AggregationRule>& aggregation_rules() {
  static const std::vector<AggregationRule> rules = {
      {"mean", "FedAvg, arXiv 1602.05629"},
      {"factor_mean", "FedIT, arXiv 2305.05644", merge_mean},
      {"freeze_a", "FFA-LoRA, arXiv 2403.12313", merge_frozen, check_same_fixed},
      {"product_svd", "FlexLoRA, arXiv 2402.11505", merge_product},
      {"stacking", "FLoRA, arXiv 2409.05976", merge_stacked},
      {"residual", "FedEx-LoRA, arXiv 2410.09432", merge_residual},
  };
  return rules;
}

const AggregationRule& aggregation_rule(std::string_view name) {
  const auto& rules = aggregation_rules();
  const auto found = std::find_if(rules.begin(), rules.end(),
                                  [&](const AggregationRule& rule) { return rule.name == name; });
  CLEAVE_CHECK(found != rules.end());
  return *found;
}

}  // namespace cleave
