// Predictions as JSON lines: what `cleave predict` and `cleave-client --predict` both print.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace cleave {

// One line a sample: {"label", "probability", "logits"}; numbers print so that they read back
// exactly.
std::string prediction_lines(const at::Tensor& logits, const std::vector<std::string>& labels);

}  // namespace cleave
