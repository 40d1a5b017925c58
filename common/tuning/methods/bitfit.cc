// BitFit (Ben Zaken et al. 2022): the biases of the frozen parts are trained, norms' among them.
#include "common/tuning/methods/methods.h"
#include "common/tuning/vectors.h"

namespace cleave {
namespace {

std::vector<Tunable> tunables(const TuningContext& context) {
  return vector_tunables(context, "bitfit", Vectors::kBiases);
}

void act(const TuningContext&, const State& state, Sites& sites) {
  act_vectors(state, "bitfit", sites);
}

}  // namespace

const Method kBitfit = {
    .name = "bitfit", .reads = "blocks", .tunables = tunables, .act = act, .vectors = true};

}  // namespace cleave
