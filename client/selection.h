// Phase 1's first half: scoring a client's samples by the bypass and choosing which to keep.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "client/context.h"
#include "client/local_model.h"
#include "common/exchange/kept.h"

namespace cleave {

// Scores of phases.score = "random", and the positions that phases.selection keeps by scores,
// ascending.
std::vector<double> random_scores(const Job& job, std::size_t samples, std::uint32_t round,
                                  const std::string& client);
std::vector<std::uint32_t> keep_by_score(const Job& job, std::span<const double> scores,
                                         std::span<const std::int32_t> labels);

// Kept positions in the client's data, ascending; all of them when the job does not prune.
asio::awaitable<std::vector<std::uint32_t>> select_kept(const ClientContext& context,
                                                        const LocalModel& local,
                                                        std::uint32_t round);

}  // namespace cleave
