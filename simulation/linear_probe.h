// A linear probe: logistic regression on the frozen model's pooled features, without any prompt.
// What tuning is worth is measured against it.
#pragma once

#include <ATen/core/Tensor.h>

#include "simulation/simulation.h"

namespace cleave {

// The model's output rows pooled as the job pools them: (N, D).
at::Tensor pooled_features(const JobInputs& inputs, const Dataset& data);

// Accuracy on the inputs' dev data of the probe that is fitted to their train data, features
// standardised. The best of several L2 penalties on dev, which flatters the probe.
double linear_probe_accuracy(const JobInputs& inputs);

}  // namespace cleave
