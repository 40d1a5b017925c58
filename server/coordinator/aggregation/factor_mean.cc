#include <ATen/ATen.h>

#include "common/base/error.h"
#include "server/coordinator/aggregation/rules.h"

namespace cleave {
namespace {

void check_alike(const Factors& update, const Factors& first) {
  const std::int64_t rank = update.right.size(0), expected = first.right.size(0);
  if (rank != expected) {
    throw DataError("factors of ranks " + std::to_string(expected) + " and " +
                    std::to_string(rank) +
                    " have no mean; give all clients one rank or use product_svd");
  }
  if (update.scale != first.scale) {
    throw DataError("factors of scales " + std::to_string(first.scale) + " and " +
                    std::to_string(update.scale) +
                    " have no mean; give all clients one scale or use product_svd");
  }
}

}  // namespace

std::vector<double> shares(const FactorUpdates& updates) {
  CLEAVE_CHECK(!updates.empty());
  double total = 0;
  std::vector<double> out;
  for (const FactorUpdate& update : updates) total += update.weight;
  for (const FactorUpdate& update : updates) out.push_back(update.weight / total);
  return out;
}

Factors factor_mean(const FactorUpdates& updates) {
  const Factors& first = updates.at(0).factors;
  at::Tensor left = at::zeros(first.left.sizes(), at::kDouble);
  at::Tensor right = at::zeros(first.right.sizes(), at::kDouble);
  double total = 0;
  for (const auto& [factors, weight] : updates) {
    check_alike(factors, first);
    // Weights are counts, so fp32 values times them are exact and equal updates give themselves.
    left += weight * factors.left.to(at::kDouble);
    right += weight * factors.right.to(at::kDouble);
    total += weight;
  }
  return {left / total, right / total, first.scale, first.left_fixed};
}

}  // namespace cleave
