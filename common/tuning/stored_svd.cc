#include "common/tuning/stored_svd.h"

#include <ATen/ATen.h>

namespace cleave {
namespace {

using at::Tensor;

// One after another in one tensor, as it is remembered.
Tensor packed_svd(const TuningContext& context, const Target& target, std::int64_t rank) {
  const Tensor w = stored_weight(context, target).to(at::kDouble);
  const auto [u, s, vt] = at::linalg_svd(w, /*full_matrices=*/false);
  return at::cat({u.narrow(1, 0, rank).flatten(), s.narrow(0, 0, rank),
                  vt.narrow(0, 0, rank).flatten()})
      .to(at::kFloat);
}

}  // namespace

StoredSvd stored_svd(const TuningContext& context, const Target& target) {
  const std::int64_t rank = context.job.tuning.rank;
  const Tensor packed =
      (*context.derived)("svfit." + target.name, [&] { return packed_svd(context, target, rank); });
  const auto parts = packed.split_with_sizes({target.out * rank, rank, rank * target.in});
  return {parts[0].view({target.out, rank}), parts[1], parts[2].view({rank, target.in})};
}

}  // namespace cleave
