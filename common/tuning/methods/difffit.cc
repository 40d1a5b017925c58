// DiffFit (Xie et al. 2023): biases and norms are trained, and a scale gamma (D) of what attention
// and feed-forward add to the residual, x + gamma * f(x); gamma begins as 1.
#include <ATen/ATen.h>

#include "common/tuning/methods/methods.h"
#include "common/tuning/targets.h"
#include "common/tuning/vectors.h"

namespace cleave {
namespace {

using at::Tensor;

std::vector<Tunable> tunables(const TuningContext& context) {
  std::vector<Tunable> out = vector_tunables(context, "difffit", Vectors::kBoth);
  for (const Target& target : targets_of(context, context.architecture.roles.branch_ends)) {
    out.push_back({target.stem("difffit_gamma"), {target.out}, [size = target.out] {
                     return at::ones({size}, at::kFloat);
                   }});
  }
  return out;
}

void act(const TuningContext& context, const State& state, Sites& sites) {
  act_vectors(state, "difffit", sites);
  const std::vector<Target> all = targets_of(context, context.architecture.roles.branch_ends);
  for (const Target& target : targets_in(all, state, "difffit_gamma")) {
    const Tensor gamma = state.at(target.stem("difffit_gamma"));
    sites.linear[target.name].push_back({nullptr, [gamma](const Tensor&, const Tensor& y) {
                                           return y * gamma.to(y.scalar_type());
                                         }});
  }
}

// No products, but what gamma scales is kept.
void work(const TuningContext& context, MethodWork& out) {
  vector_work(context, out);
  for (const Target& target : targets_of(context, context.architecture.roles.branch_ends)) {
    out.block[target.block] += {0, 0, target.out};
  }
}

}  // namespace

const Method kDifffit = {.name = "difffit",
                         .reads = "blocks",
                         .tunables = tunables,
                         .act = act,
                         .work = work,
                         .vectors = true};

}  // namespace cleave
