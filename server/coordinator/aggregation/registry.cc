#include "server/coordinator/aggregation/registry.h"

#include <algorithm>

#include "common/base/error.h"

namespace cleave {
namespace {

Factors merge_mean(const FactorUpdates& updates, const Factors&) { return factor_mean(updates); }
Factors merge_frozen(const FactorUpdates& updates, const Factors&) { return freeze_a(updates); }
Factors merge_product(const FactorUpdates& updates, const Factors& global) {
  return product_svd(updates, global.right.size(0), global.scale);
}

}  // namespace

const std::vector<AggregationRule>& aggregation_rules() {
  static const std::vector<AggregationRule> rules = {
      {"mean", "FedAvg, arXiv 1602.05629"},
      {"factor_mean", "FedIT, arXiv 2305.05644", merge_mean},
      {"freeze_a", "FFA-LoRA, arXiv 2403.12313", merge_frozen, check_same_fixed},
      {"product_svd", "FlexLoRA, arXiv 2402.11505", merge_product},
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
