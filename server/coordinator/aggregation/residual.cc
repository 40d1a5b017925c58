#include <ATen/ATen.h>

#include "server/coordinator/aggregation/rules.h"

namespace cleave {

Merged residual(const FactorUpdates& updates) {
  const Factors mean = factor_mean(updates);
  const Factors exact = stacking(updates);
  return {mean, Factors{at::cat({exact.left, mean.left * -mean.scale}, 1),
                        at::cat({exact.right, mean.right}, 0), 1}};
}

}  // namespace cleave
