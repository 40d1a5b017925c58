// What flows through a model: all tokens of all samples of a batch, one row each, one sample after
// another. There is no padding and no mask; only attention, pooling and the tuning sites read the
// layout.
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
  std::int64_t prompt_rows = 0;       // of every sample, from its row `prompt_begin` on
  std::int64_t prompt_begin = 1;
  std::int64_t first_position = 0;  // of every sample's row 0: what a prefix takes

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

// The layout after inserting `prompt_rows` rows at `begin` into every sample of a text-only layout.
Layout with_prompt(const Layout& text, std::int64_t prompt_rows, std::int64_t begin = 1);
Layout without_prompt(const Layout& layout);

// Inserts the prompt (P, D) into every sample of a text-only layout, and takes it out again.
// Differentiable in both.
Rows insert_rows(const Rows& text, const at::Tensor& prompt, std::int64_t begin);
Rows remove_prompt(const Rows& rows);

}  // namespace cleave
