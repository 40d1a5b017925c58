#include <ATen/ATen.h>

#include "common/base/error.h"
#include "server/coordinator/aggregation/rules.h"

namespace cleave {
namespace {

const at::Tensor& fixed(const Factors& f) { return f.left_fixed ? f.left : f.right; }

}  // namespace

void check_same_fixed(const Factors& update, const Factors& other) {
  if (at::equal(fixed(update), fixed(other))) return;
  throw DataError("the " + std::string(update.left_fixed ? "left" : "right") +
                  " factor has moved, and freeze_a averages only the other one: do not train it, "
                  "or use product_svd");
}

Factors freeze_a(const FactorUpdates& updates) {
  const Factors& first = updates.at(0).factors;
  for (const FactorUpdate& update : updates) check_same_fixed(update.factors, first);
  Factors mean = factor_mean(updates);
  (first.left_fixed ? mean.left : mean.right) = fixed(first).to(at::kDouble);
  return mean;
}

}  // namespace cleave
