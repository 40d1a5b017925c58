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
// Numbers of norms that scale and do not shift: RMS norms.
std::int64_t scales_alone(const Inventory& inventory);
// Where its scale is trained, such a norm keeps what it scales.
void vector_work(const TuningContext& context, MethodWork& out);
void act_vectors(const State& state, std::string_view method, Sites& sites);

}  // namespace cleave
