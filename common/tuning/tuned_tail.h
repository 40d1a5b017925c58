// The tail as a tunable: its parameters by name in a State, and the tail built over them.
#pragma once

#include "common/model/model.h"
#include "common/tuning/state.h"

namespace cleave {

// Adds "tail.NAME" for the blocks and norm of the cut's tail, with the checkpoint's values, and for
// the classifier, at zero.
void add_initial_tail(State& state, const Model& model, const Cut& cut, std::int64_t labels);

// The tail over the state's own tensors: training them changes what it computes.
Tail tail_over(const State& state, const ModelConfig& config, const Architecture& architecture,
               const Cut& cut, Pool pool, std::int64_t labels, const Sites& sites = {});

}  // namespace cleave
