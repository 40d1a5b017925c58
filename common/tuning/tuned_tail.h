// The tail as a tunable: its parameters by name in a State, and the tail built over them.
#pragma once

#include "common/model/model.h"
#include "common/tuning/state.h"

namespace cleave {

// Asks `weights` for all that is trained of a tail: blocks, norm, classifier and what of the task
// class's read-out goes with it; of a language model the blocks alone.
void visit_tail(const ModelConfig& config, const Architecture& architecture, const Cut& cut,
                const Readout& readout, const WeightSource& weights);

// Adds "tail.NAME" for what is trained, with the checkpoint's values; a classifier begins at zero,
// or with Pool::kPooler as the checkpoint's own, where it has one of that size.
// Errors: DataError (check_readout).
void add_initial_tail(State& state, const Model& model, const Cut& cut, const Readout& readout);

// The tail over the state's own tensors, training which changes what it computes, and over stored
// ones where it has none.
Tail tail_over(const State& state, const ModelConfig& config, const Architecture& architecture,
               const Cut& cut, const Readout& readout, const WeightSource& stored,
               const Sites& sites = {});

}  // namespace cleave
