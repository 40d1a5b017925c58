#include <ATen/ATen.h>

#include "server/coordinator/aggregation/rules.h"

namespace cleave {

Factors stacking(const FactorUpdates& updates) {
  const std::vector<double> share = shares(updates);
  std::vector<at::Tensor> lefts, rights;
  for (std::size_t i = 0; i < updates.size(); ++i) {
    const Factors& f = updates[i].factors;
    lefts.push_back(f.left.to(at::kDouble) * (share[i] * f.scale));
    rights.push_back(f.right.to(at::kDouble));
  }
  return {at::cat(lefts, 1), at::cat(rights, 0), 1};
}

}  // namespace cleave
