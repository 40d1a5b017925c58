// SVFit (Sun et al. 2024): of a linear layer's weight W = U S V^T the r largest singular values are
// trained: y = W x + b + U_r ((s - s0) * (V_r^T x)). Begins at s = s0, as the base.
//
// U_r and V_r are not sent: each side computes them from its weights (stored_svd.h).
#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/tuning/methods/methods.h"
#include "common/tuning/stored_svd.h"
#include "common/tuning/targets.h"

namespace cleave {
namespace {

using at::Tensor;

std::vector<Tunable> tunables(const TuningContext& context) {
  const std::int64_t rank = context.job.tuning.rank;
  std::vector<Tunable> out;
  for (const Target& target : targets_of(context)) {
    if (rank > std::min(target.in, target.out)) {
      throw DataError("tuning.rank = " + std::to_string(rank) + " is above the " +
                      std::to_string(std::min(target.in, target.out)) + " singular values of " +
                      target.name);
    }
    out.push_back({target.stem("svfit"), {rank}, [&context, target] {
                     return stored_svd(context, target).s.clone();
                   }});
  }
  return out;
}

void act(const TuningContext& context, const State& state, Sites& sites) {
  for (const Target& target : targets_in(targets_of(context), state, "svfit")) {
    const StoredSvd svd = stored_svd(context, target);
    const Tensor s = state.at(target.stem("svfit"));
    sites.linear[target.name].push_back({nullptr, [=](const Tensor& x, const Tensor& y) {
                                           const auto type = x.scalar_type();
                                           const Tensor low = at::linear(x, svd.vt.to(type));
                                           return y + at::linear(low * (s - svd.s).to(type),
                                                                 svd.u.to(type));
                                         }});
  }
}

// V^T x and U (...), and the gradients of what they multiply.
void work(const TuningContext& context, MethodWork& out) {
  for (const Target& target : targets_of(context)) {
    const std::int64_t low = context.job.tuning.rank * (target.in + target.out);
    out.block[target.block] += {low, low, context.job.tuning.rank};
  }
}

}  // namespace

const Method kSvfit = {.name = "svfit",
                       .reads = "rank targets blocks",
                       .tunables = tunables,
                       .act = act,
                       .work = work};

}  // namespace cleave
