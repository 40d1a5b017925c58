// Predictions as JSON lines: what `cleave predict` and `cleave-client --predict` both print.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "common/data/example.h"

namespace cleave {

// Batches of `size` in file order. Both programs use the same ones: logits may depend on batch
// mates in the last bit.
std::vector<Batch> in_order_batches(const Dataset& data, std::int64_t size);

// One line a sample: {"label", "probability", "logits"}; numbers print so that they read back
// exactly.
std::string prediction_lines(const at::Tensor& logits, const std::vector<std::string>& labels);

}  // namespace cleave
