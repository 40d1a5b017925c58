// The two seams between architectures: how raw examples become rows, and one transformer block.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "common/data/example.h"
#include "common/model/rows.h"

namespace cleave {

// One block of a family. Stateless and thread-safe; causality, where a family has it, is the
// block's own. Rows after the layout's last are zeros at first and belong to nobody.
class Block {
 public:
  virtual ~Block() = default;
  virtual at::Tensor operator()(const at::Tensor& x, const Layout& layout) const = 0;  // (R, D)
};

// Examples to rows without the prompt: tokens or patches with positions and the class row.
class Embedder {
 public:
  virtual ~Embedder() = default;
  // Rows that an example takes.
  virtual std::int64_t length(const Example& example) const = 0;
  // (R, D); frozen, so no gradient flows into it.
  virtual at::Tensor embed(const Batch& batch) const = 0;
  // Values of a fresh prompt (P, D). `draw` gives uniform numbers in [0, 1).
  // Text: rows of the embedding block for P random vocabulary tokens; images: uniform.
  virtual at::Tensor fresh_prompt(std::int64_t tokens,
                                  const std::function<double()>& draw) const = 0;
};

// The text-only layout of a batch.
Layout text_layout(const Embedder& embedder, const Batch& batch);

}  // namespace cleave
