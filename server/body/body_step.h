// The server's half of a split step, as plain functions over the frozen body. No I/O, no labels, no
// optimiser; what must survive between forward and backward is one value.
#pragma once

#include "common/model/model.h"

namespace cleave {

// One step in flight. Memory bound: the body's activations for the batch.
struct BodyStep {
  at::Tensor input;     // (R, D), a fresh leaf: the client's graph ends at the wire
  at::Tensor features;  // (R, D), with its graph
};

BodyStep body_forward(const Body& body, const Rows& smashed);

// The gradient with respect to the smashed data (R, D); consumes the step.
at::Tensor body_backward(BodyStep step, const at::Tensor& features_grad);

// Forward only, for evaluation and prediction.
at::Tensor body_inference(const Body& body, const Rows& smashed);

}  // namespace cleave
