// What a round does with samples: how many a client keeps, and whether dev is evaluated. Known to
// both sides before it begins. Which ones are kept is the client's to choose (client/selection.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/config/job.h"

namespace cleave {

// ceil(keep n), of which rounding errors make no more.
std::size_t keep_count(double keep, std::size_t n);

// Whether the job prunes in this round at all.
bool prunes(const Job& job, std::uint32_t round);

// Whether dev data, where there are any, are evaluated after this round.
bool evaluates(const Job& job, std::uint32_t round);

// Of a client with so many samples of every label: keep_count of every label's under
// phases.selection = "class", else of them all; all of them where the round does not prune.
std::uint64_t kept_samples(const Job& job, std::uint32_t round,
                           const std::vector<std::uint64_t>& label_counts);

}  // namespace cleave
