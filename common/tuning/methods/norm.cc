// Norm tuning (PEFT's LN_TUNING; Zhao et al. 2024): weights and biases of the frozen parts' norms
// are trained.
#include "common/tuning/methods/methods.h"
#include "common/tuning/vectors.h"

namespace cleave {
namespace {

std::vector<Tunable> tunables(const TuningContext& context) {
  return vector_tunables(context, "norm", Vectors::kNorms);
}

void act(const TuningContext&, const State& state, Sites& sites) {
  act_vectors(state, "norm", sites);
}

}  // namespace

const Method kNorm = {.name = "norm",
                      .reads = "blocks",
                      .tunables = tunables,
                      .act = act,
                      .work = vector_work,
                      .vectors = true};

}  // namespace cleave
