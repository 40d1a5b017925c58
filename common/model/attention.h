// Self-attention over packed rows of samples of different lengths, without padding: one small
// product per head of a sample, straight from the BLAS; neighbouring samples of equal length share
// a softmax. On the CPU.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "common/model/layers.h"
#include "common/model/rows.h"

namespace cleave {

// softmax(q k^T / sqrt(d)) v within each sample; q, k, v and the result are (R, D). Differentiable
// in all three. Saves q, k, v and the probabilities: 3 R D + H sum(n_i^2) numbers.
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const Layout& layout, std::int64_t heads);

// The projections around it.
struct SelfAttention {
  Linear query, key, value, output;
  std::int64_t heads = 1;

  at::Tensor operator()(const at::Tensor& x, const Layout& layout) const;  // (R, D) -> (R, D)
};

}  // namespace cleave
