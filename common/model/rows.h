// What flows through a model: all tokens of all samples of a batch, one row each, one sample after
// another. There is no padding and no mask; only attention, pooling and the prompt read the layout.
//
// Letters: B samples, R rows of the batch, D width, P prompt rows, H heads, d head width.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

namespace cleave {

// Constant over a step and shared by whoever needs it. A pure function of the job and the samples'
// text lengths, so that only lengths cross the wire.
struct Layout {
  std::vector<std::int64_t> lengths;  // rows of each sample, prompt rows included
  std::int64_t prompt_rows = 0;       // rows 1 .. prompt_rows of every sample are the prompt's

  std::int64_t samples() const { return static_cast<std::int64_t>(lengths.size()); }
  std::int64_t rows() const;     // sum of the lengths
  std::int64_t squares() const;  // sum of the squared lengths, which attention costs
  bool operator==(const Layout&) const = default;
};

using SharedLayout = std::shared_ptr<const Layout>;

struct Rows {
  at::Tensor x;  // (R, D)
  SharedLayout layout;
};

// The layout after inserting `prompt_rows` rows into every sample of a text-only layout.
Layout with_prompt(const Layout& text, std::int64_t prompt_rows);

}  // namespace cleave
