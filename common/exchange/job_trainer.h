// The trainer that a job asks for over a side's tensors, and the step of the job at which a client
// stands. Client and body make theirs with it, each over what it holds.
#pragma once

#include <cstdint>

#include "common/config/job.h"
#include "common/trainer/trainer.h"
#include "common/tuning/state.h"

namespace cleave {

// Over all tensors of `state`, which are leaves that require gradients; rates by group_of.
Trainer make_trainer(const Job& job, const State& state);

// Copies of the tuned state in memory while it trains: values, gradients, moments, FedProx's
// anchor.
std::uint64_t state_copies(const Job& job);

// Where in the job the 0-based split step `step` of `round` (from 1) stands, for a client that
// trains on `samples` samples in that round:
//   step (round - 1) S + step of rounds * S,   S = max(1, split_epochs * ceil(samples / batch)).
// All rounds count as if they were this one, also those that the client sits out, so the schedule
// is a function of the round, and resuming needs no counter. Bypass steps do not count: they have
// the step at which the round's split steps begin.
GlobalStep global_step(const Job& job, std::uint32_t round, std::uint64_t samples,
                       std::uint32_t step);

}  // namespace cleave
