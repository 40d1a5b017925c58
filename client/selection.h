// Phase 1's first half: scoring a client's samples by the bypass and choosing which to keep.
#pragma once

#include <cstdint>
#include <vector>

#include "client/context.h"
#include "client/local_model.h"

namespace cleave {

// Whether the job prunes in this round at all.
bool prunes(const Job& job, std::uint32_t round);

// Kept positions in the client's data, ascending; all of them when the job does not prune.
asio::awaitable<std::vector<std::uint32_t>> select_kept(const ClientContext& context,
                                                        const LocalModel& local,
                                                        std::uint32_t round);

}  // namespace cleave
