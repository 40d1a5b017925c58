// The largest singular values of a linear layer's stored weight, with their vectors. Computed in
// fp64 once for all clients of a process; equal values would leave their vectors open, those of
// trained weights are distinct.
#pragma once

#include "common/tuning/targets.h"

namespace cleave {

struct StoredSvd {
  at::Tensor u, s, vt;  // (out, r), (r), (r, in), fp32
};

// r is the job's tuning.rank.
StoredSvd stored_svd(const TuningContext& context, const Target& target);

}  // namespace cleave
