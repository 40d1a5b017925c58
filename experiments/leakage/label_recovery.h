// What a body server can read of labels from the gradients that clients send it. Two classes.
#pragma once

#include <ATen/core/Tensor.h>

#include "simulation/simulation.h"

namespace cleave {

struct SampleGradients {
  at::Tensor directions;             // (N, D): the mean over a sample's rows, of length 1
  std::vector<std::int32_t> labels;  // what they came from
};

// As a client in `state` sends them for these samples, in batches as in training.
SampleGradients feature_gradients(const JobInputs& inputs, const Dataset& data, const State& state);

// The fraction told apart by the sign along the gradients' leading direction, with no other
// knowledge; which side is which class is left open, so it is at least 1/2.
double told_by_sign(const SampleGradients& gradients);

// The fraction told by the nearer class mean of the first `known` samples, whose labels the server
// knows, e.g. because it plays a client; of the other samples.
double told_by_examples(const SampleGradients& gradients, std::int64_t known);

}  // namespace cleave
