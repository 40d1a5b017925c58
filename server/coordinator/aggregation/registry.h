// The rules of federation.aggregation by name. What is not in here a job cannot choose: stacking
// and residual are functions of rules.h whose result grows past the state's form (check_job).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/coordinator/aggregation/rules.h"

namespace cleave {

struct AggregationRule {
  std::string_view name;
  std::string_view paper;
  // One pair's new factors, of the global ones' shapes and scale. Null: the rule knows no pairs,
  // every entry is averaged for itself.
  Factors (*merge)(const FactorUpdates& updates, const Factors& global) = nullptr;
  // Refuses (DataError) an update that cannot be merged, by the factors that the round began with.
  void (*check)(const Factors& update, const Factors& global) = nullptr;
};

const std::vector<AggregationRule>& aggregation_rules();
// `name` is one of theirs.
const AggregationRule& aggregation_rule(std::string_view name);

}  // namespace cleave
