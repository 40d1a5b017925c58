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

// Examples to rows, in two steps: vectors of tokens or patches (the class row of an image is one
// of them), then positions, types and norm. Frozen: a gradient flows only into what is handed in.
class Embedder {
 public:
  virtual ~Embedder() = default;
  // Rows that an example takes.
  virtual std::int64_t length(const Example& example) const = 0;
  virtual at::Tensor words(const Batch& batch) const = 0;  // (R, D)
  // `layout` may have prompt rows before row 0: they take positions like any other.
  virtual at::Tensor place(const at::Tensor& words, const Layout& layout,
                           const Batch& batch) const = 0;  // (R, D)
  at::Tensor embed(const Batch& batch) const;              // (R, D)
  // Values of a fresh prompt (P, D). `draw` gives uniform numbers in [0, 1).
  // Text: rows of the embedding block for P random vocabulary tokens; images: uniform.
  virtual at::Tensor fresh_prompt(std::int64_t tokens,
                                  const std::function<double()>& draw) const = 0;
};

// The text-only layout of a batch.
Layout text_layout(const Embedder& embedder, const Batch& batch);

}  // namespace cleave
