// Rotary positions in the half-split layout of Hugging Face: number j of a head is turned together
// with number j + d/2 by the angle position * theta^(-2j/d) (spec peft_format.md 6). The
// interleaved layout of other files is a matter of permuting their weights.
#pragma once

#include <ATen/core/Tensor.h>

#include "common/model/rows.h"

namespace cleave {

struct Rotation {
  at::Tensor cosine, sine;  // (R, 1, d/2)
};

// A row's position is its number within its sample, prompt rows and prefix included; `rows` past
// the layout's stand at position 0.
Rotation rotation_of(const Layout& layout, std::int64_t rows, std::int64_t head_width,
                     double theta);

// (R, H d) -> (R, H d), computed in fp32 (fp64 for fp64).
at::Tensor rotate(const at::Tensor& x, const Rotation& rotation);

// Rows of a projection (H d, in) from the interleaved layout, where numbers 2j and 2j + 1 are
// turned together, to the half-split one.
at::Tensor half_split(const at::Tensor& weight, std::int64_t heads);

}  // namespace cleave
