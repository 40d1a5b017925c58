// Methods that train vectors of the checkpoint itself, biases and norms: which of them, and in
// their place.
#pragma once

#include "common/model/inventory.h"
#include "common/tuning/method.h"

namespace cleave {

enum class Vectors { kBiases, kNorms, kBoth };

// "METHOD.NAME" of the embedding (where head blocks are tuned) and "METHOD.BLOCK.NAME" of blocks,
// beginning as stored. Errors: DataError where the model has none.
std::vector<Tunable> vector_tunables(const TuningContext& context, std::string_view method,
                                     Vectors which);
void act_vectors(const State& state, std::string_view method, Sites& sites);

}  // namespace cleave
