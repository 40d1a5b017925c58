// The rules of federation.aggregation by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/coordinator/aggregation/rules.h"

namespace cleave {

struct AggregationRule {
  std::string_view name;
  std::string_view paper;
  // One pair's new factors, of the global ones' shapes and scale, and what the base gains. Null:
  // the rule knows no pairs, every entry is averaged for itself.
  Merged (*merge)(const FactorUpdates& updates, const Factors& global) = nullptr;
  // Refuses (DataError) an update that cannot be merged, by the factors that the round began with.
  void (*check)(const Factors& update, const Factors& global) = nullptr;
};

const std::vector<AggregationRule>& aggregation_rules();
// `name` is one of theirs.
const AggregationRule& aggregation_rule(std::string_view name);

}  // namespace cleave
