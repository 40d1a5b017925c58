// Rules that merge clients' low-rank factors of one weight into one change, as pure functions in
// fp64 (spec tuning_methods.md 11). They know neither states nor rounds: see aggregation.h.
//
// The target is the mean change M = sum_i w_i c_i B_i A_i, w_i = weight_i / sum of weights. Every
// function takes at least one update of weight above 0, and updates that agree in out and in;
// ranks and scales may differ unless said. Results depend on the order of updates in their last
// bits only; the caller sorts them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace cleave {

// The change scale * left @ right.
struct Factors {
  at::Tensor left;   // (out, r), fp32 or fp64
  at::Tensor right;  // (r, in)
  double scale = 1;
  bool left_fixed = false;  // freeze_a's A is the left one
};

struct FactorUpdate {
  Factors factors;
  double weight = 1;
};
using FactorUpdates = std::vector<FactorUpdate>;

// w_i.
std::vector<double> shares(const FactorUpdates& updates);

// The means of B and of A, each for itself (FedIT): not M, but as cheap as an average.
// Errors: DataError for mixed ranks or scales.
Factors factor_mean(const FactorUpdates& updates);

// The mean of one factor where all have the same other one (FFA-LoRA fixes A): exactly M.
// Errors: DataError for a fixed factor that differs, and factor_mean's.
Factors freeze_a(const FactorUpdates& updates);
// Errors: DataError when the fixed factors differ.
void check_same_fixed(const Factors& update, const Factors& other);

// [w_1 c_1 B_1, ...] and [A_1; ...] (FLoRA): exactly M, of scale 1 and rank sum r_i.
Factors stacking(const FactorUpdates& updates);

// The best approximation of M of rank `rank` (FlexLoRA), split evenly as in spec 11: left =
// U sqrt(S), right = sqrt(S) V^T of the SVD of M / scale. Never forms (out, in): cost
// (out + in) (sum r_i)^2. Rows of `right` beyond M's numerical rank are orthonormal and their
// columns of `left` zero, so that a start from B = 0 still learns. The largest entry of a row of
// `right` is positive.
// Errors: DataError for a rank above `in` and for scale 0.
Factors product_svd(const FactorUpdates& updates, std::int64_t rank, double scale);

// New factors, and what is to be added to the frozen base beside them.
struct Merged {
  Factors factors;
  std::optional<Factors> base = std::nullopt;
};

// Factor mean, and what it misses (FedEx-LoRA): factors + base is exactly M. The latter is of scale
// 1 and rank sum r_i + r. Errors: factor_mean's.
Merged residual(const FactorUpdates& updates);

}  // namespace cleave
