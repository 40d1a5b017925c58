// SVFit (Sun et al. 2024): of a linear layer's weight W = U S V^T the r largest singular values are
// trained: y = W x + b + U_r ((s - s0) * (V_r^T x)). Begins at s = s0, as the base.
//
// U_r and V_r are not sent: each side computes them from its weights, in fp64. Equal singular
// values would leave their vectors open; those of trained weights are distinct.
#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/tuning/methods/methods.h"
#include "common/tuning/targets.h"

namespace cleave {
namespace {

using at::Tensor;

struct Svd {
  Tensor u, s, vt;  // (out, r), (r), (r, in)
};

// One after another in one tensor, as it is remembered.
Tensor packed_svd(const TuningContext& context, const Target& target, std::int64_t rank) {
  const Tensor w = stored_weight(context, target).to(at::kDouble);
  const auto [u, s, vt] = at::linalg_svd(w, /*full_matrices=*/false);
  return at::cat({u.narrow(1, 0, rank).flatten(), s.narrow(0, 0, rank),
                  vt.narrow(0, 0, rank).flatten()})
      .to(at::kFloat);
}

Svd svd_of(const TuningContext& context, const Target& target) {
  const std::int64_t rank = context.job.tuning.rank;
  const Tensor packed =
      (*context.derived)("svfit." + target.name, [&] { return packed_svd(context, target, rank); });
  const auto parts = packed.split_with_sizes({target.out * rank, rank, rank * target.in});
  return {parts[0].view({target.out, rank}), parts[1], parts[2].view({rank, target.in})};
}

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
                     return svd_of(context, target).s.clone();
                   }});
  }
  return out;
}

void act(const TuningContext& context, const State& state, Sites& sites) {
  for (const Target& target : targets_in(targets_of(context), state, "svfit")) {
    const Svd svd = svd_of(context, target);
    const Tensor s = state.at(target.stem("svfit"));
    sites.linear[target.name].push_back({nullptr, [=](const Tensor& x, const Tensor& y) {
                                           const auto type = x.scalar_type();
                                           const Tensor low = at::linear(x, svd.vt.to(type));
                                           return y + at::linear(low * (s - svd.s).to(type),
                                                                 svd.u.to(type));
                                         }});
  }
}

}  // namespace

const Method kSvfit = {.name = "svfit", .tunables = tunables, .act = act};

}  // namespace cleave
