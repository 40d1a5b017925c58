// Ranks of participants that differ (federation.ranks): which one a client has, and the state that
// it starts from. Nothing else knows of them: entries beyond a client's rank are zero in both
// factors, so that their gradients are too, and rules that merge products see factors of its rank.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/config/job.h"
#include "common/tuning/factors.h"
#include "common/tuning/state.h"

namespace cleave {

// Dealt in turn: to a roster in its order, to simulated clients by their number. Empty where the
// job names no ranks. Errors: DataError for a client without a roster or a number.
std::optional<std::int64_t> rank_of(const Job& job, const std::string& client);

// The state with the first `rank` directions of every pair, which are the largest that an SVD left,
// and zeros for the rest. Other tensors are shared.
State with_rank(const State& state, const std::vector<FactorPair>& pairs, std::int64_t rank);

}  // namespace cleave
