// The two linear layers of a block with an activation between. Frozen ones with the exact GELU go
// slice by slice, so that of the widest activations only what the backward needs is ever held
// whole.
#pragma once

#include <ATen/core/Tensor.h>

#include "common/model/activation.h"
#include "common/model/layers.h"

namespace cleave {

struct FeedForward {
  Linear expand, contract;  // D to W, W to D
  Activation activation = Activation::kGelu;

  // (R, D) -> (R, D). Saves R W numbers where the weights are frozen.
  at::Tensor operator()(const at::Tensor& x) const;
};

}  // namespace cleave
