// The two linear layers of a block with a GELU between them. Frozen ones with the exact GELU go
// slice by slice, so that of the widest activations only what the backward needs is ever held
// whole.
#pragma once

#include <ATen/core/Tensor.h>

#include "common/model/layers.h"

namespace cleave {

// By the error function, or its approximation by tanh ("gelu_new").
enum class Gelu { kExact, kTanh };

struct FeedForward {
  Linear expand, contract;  // D to W, W to D
  Gelu gelu = Gelu::kExact;

  // (R, D) -> (R, D). Saves R W numbers where the weights are frozen.
  at::Tensor operator()(const at::Tensor& x) const;
};

}  // namespace cleave
