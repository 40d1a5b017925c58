// The read-out: one row per sample from all of its rows.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "common/model/rows.h"

namespace cleave {

// kEveryRow is a language model's: nothing is pooled. kPooler is what the family's task class does
// (task_class.h): a row, and what follows it.
enum class Pool { kMean, kCls, kLast, kPooler, kEveryRow };

// "mean", "cls", "last" or "pooler", as the job spells it.
Pool parse_pool(const std::string& name);

// (R, D) -> (B, D), or unchanged. Mean counts every row of the sample, prompt rows included. Not
// for kPooler.
at::Tensor pool_rows(const at::Tensor& x, const Layout& layout, Pool pool);

}  // namespace cleave
