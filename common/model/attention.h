// Self-attention over packed rows of samples of different lengths, without padding: for every head
// of a sample small products straight from the BLAS, as many queries at a time as a core's cache
// holds scores of. The scores are made again for the backward and never kept, so that memory grows
// with the rows and not with their squares. On the CPU.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "common/model/layers.h"
#include "common/model/rows.h"

namespace cleave {

// Which rows of its sample a row sees.
enum class Sight { kAll, kUpToItself };

// softmax(q k^T / sqrt(d)) v within each sample; q and the result are (R, D), k and v (R', D),
// where every sample has `prefix_rows` rows of keys and values before its own. Differentiable in
// all three. Saves q, k and v: 3 R D numbers. Serial: the lane's workers are the threads.
at::Tensor attend(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const Layout& layout, std::int64_t heads, Sight sight = Sight::kAll,
                  std::int64_t prefix_rows = 0);

// The projections around it. Where `kv_heads` is not 0 but a divisor of `heads`, that many heads of
// keys and values serve equal groups of query heads. With `rope_theta` q and k are rotated
// (rotary.h). A family that stores the three in one layer has it as `query` (3 D) and no `key`.
struct SelfAttention {
  Linear query, key, value, output;
  std::int64_t heads = 1;
  Sight sight = Sight::kAll;
  std::int64_t kv_heads = 0;
  double rope_theta = 0;
  KeyValues prefix = {};

  at::Tensor operator()(const at::Tensor& x, const Layout& layout) const;  // (R, D) -> (R, D)
};

}  // namespace cleave
