// Who takes part in a round: a pure function of seed, round and the sorted ids.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "common/config/job.h"

namespace cleave {

// min(count, ids.size()) distinct ids, ascending. `ids` must be sorted.
std::vector<std::string> pick_clients(const std::vector<std::string>& ids, std::size_t count,
                                      std::uint64_t seed, std::uint32_t round);
// As the job says: federation.per_round of them, by its seed.
std::vector<std::string> pick_clients(const std::vector<std::string>& ids, const Job& job,
                                      std::uint32_t round);

}  // namespace cleave
