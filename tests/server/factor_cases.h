// Random low-rank updates, and dense arithmetic that the rules are held to.
#pragma once

#include <ATen/ATen.h>

#include "common/base/random.h"
#include "server/coordinator/aggregation/rules.h"

namespace cleave::testing {

inline at::Tensor normal_matrix(Stream& stream, std::int64_t rows, std::int64_t columns) {
  at::Tensor out = at::empty({rows, columns}, at::kDouble);
  for (std::int64_t i = 0; i < out.numel(); ++i) out.data_ptr<double>()[i] = stream.normal();
  return out;
}

struct FactorCase {
  std::uint64_t seed = 1;
  std::int64_t out = 9, in = 11;
  std::vector<std::int64_t> ranks = {2, 2, 2};
  bool mixed_scales = false;
};

inline FactorUpdates random_updates(const FactorCase& c) {
  Stream stream(c.seed, "factors");
  FactorUpdates updates;
  for (const std::int64_t rank : c.ranks) {
    const double scale = c.mixed_scales ? 0.5 + static_cast<double>(updates.size()) : 2;
    updates.push_back(
        {{normal_matrix(stream, c.out, rank), normal_matrix(stream, rank, c.in), scale},
         1.0 + static_cast<double>(stream.below(50))});
  }
  return updates;
}

inline at::Tensor change(const Factors& f) {
  return f.scale * f.left.to(at::kDouble).matmul(f.right.to(at::kDouble));
}

// M.
inline at::Tensor mean_change(const FactorUpdates& updates) {
  at::Tensor sum;
  double total = 0;
  for (const auto& [factors, weight] : updates) {
    const at::Tensor term = weight * change(factors);
    sum = sum.defined() ? sum + term : term;
    total += weight;
  }
  return sum / total;
}

inline double distance(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).norm().item<double>();
}

}  // namespace cleave::testing
