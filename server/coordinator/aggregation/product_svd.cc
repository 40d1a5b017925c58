#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <tuple>

#include "common/base/error.h"
#include "server/coordinator/aggregation/rules.h"

namespace cleave {
namespace {

struct Svd {
  at::Tensor u, s, vt;  // (out, k), (k), (k, in)
};

// Of left @ right, without forming it: left = Q1 R1, right^T = Q2 R2, and the SVD of R1 R2^T.
Svd svd_of_product(const at::Tensor& left, const at::Tensor& right) {
  const auto [q1, r1] = at::linalg_qr(left);
  const auto [q2, r2] = at::linalg_qr(right.t());
  const auto [u, s, vt] = at::linalg_svd(r1.matmul(r2.t()), /*full_matrices=*/false);
  return {q1.matmul(u), s, vt.matmul(q2.t())};
}

// `rank` orthonormal rows, the first of which are those of vt (k, in). The orthogonal factor of a
// Householder QR is whole even where the columns are zero.
at::Tensor complete_rows(const at::Tensor& vt, std::int64_t rank) {
  const std::int64_t missing = rank - vt.size(0);
  if (missing <= 0) return vt.narrow(0, 0, rank).clone();
  const at::Tensor padded = at::cat({vt, at::zeros({missing, vt.size(1)}, vt.options())}, 0);
  const at::Tensor q = std::get<0>(at::linalg_qr(padded.t()));
  return at::cat({vt, q.narrow(1, vt.size(0), missing).t()}, 0);
}

// sqrt(S), zero below the numerical rank, `rank` of them.
at::Tensor roots(const at::Tensor& s, std::int64_t rank, std::int64_t largest_side) {
  const double floor = s[0].item<double>() * std::numeric_limits<double>::epsilon() *
                       static_cast<double>(largest_side);
  at::Tensor out = at::zeros({rank}, s.options());
  const std::int64_t n = std::min(rank, s.size(0));
  const at::Tensor kept = s.narrow(0, 0, n);
  out.narrow(0, 0, n).copy_(at::where(kept > floor, kept.sqrt(), at::zeros_like(kept)));
  return out;
}

// An SVD leaves the sign of each direction open.
void fix_signs(Factors& factors) {
  const at::Tensor largest = factors.right.abs().argmax(1, /*keepdim=*/true);
  const at::Tensor sign = factors.right.gather(1, largest).sign();  // (r, 1)
  factors.left *= sign.t();
  factors.right *= sign;
}

}  // namespace

Factors product_svd(const FactorUpdates& updates, std::int64_t rank, double scale) {
  const Factors all = stacking(updates);
  const std::int64_t out = all.left.size(0), in = all.right.size(1);
  if (rank > in) {
    throw DataError("product_svd cannot give rank " + std::to_string(rank) + " to a change of " +
                    std::to_string(out) + " x " + std::to_string(in) + "; use a lower rank");
  }
  if (scale == 0) throw DataError("product_svd cannot split a change over factors of scale 0");
  const Svd svd = svd_of_product(all.left / scale, all.right);
  const at::Tensor root = roots(svd.s, rank, std::max(out, in));
  Factors best{at::zeros({out, rank}, svd.u.options()), complete_rows(svd.vt, rank), scale};
  const std::int64_t n = std::min(rank, svd.s.size(0));
  best.left.narrow(1, 0, n).copy_(svd.u.narrow(1, 0, n));
  best.left *= root;
  best.right *= at::where(root > 0, root, at::ones_like(root)).unsqueeze(1);
  fix_signs(best);
  return best;
}

}  // namespace cleave
