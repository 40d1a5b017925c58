// The word site of DePT: one offset for every position of a text, the same for all texts, before
// position, type and norm. It does not say where the offsets come from.
#pragma once

#include "common/tuning/method.h"

namespace cleave {

// offset i = scale * (a b)_i to the row at index i of every text; a (s, r), b (r, D). Only the rows
// that the batch's longest text needs are multiplied.
RowsSite word_offset(const at::Tensor& a, const at::Tensor& b, double scale);

// DePT's factors under `method` ("dept.A", "dept.B"): A (s, r) as `a` says, B (r, D).
struct OffsetStart {
  std::function<at::Tensor()> a, b;
};
std::vector<Tunable> offset_tunables(const TuningContext& context, const std::string& method,
                                     const OffsetStart& start);

// a b for one position, and both gradients.
AddedProducts offset_work(const TuningContext& context);

// lora_alpha / sqrt(r), with 8 where tuning.alpha is not set (spec tuning_methods.md 2).
double offset_scale(const TuningContext& context);

}  // namespace cleave
