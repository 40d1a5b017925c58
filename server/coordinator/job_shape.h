// What the closed form of bytes, work and memory (common/cost) needs to know of a job, read off the
// job, the model's inventory and what the methods state. It computes none of the three.
#pragma once

#include "common/cost/trace.h"
#include "common/exchange/parts.h"

namespace cleave {

// From the configuration alone.
JobShape job_shape(const TuningContext& context, const StateNumbers& numbers, std::int64_t labels);
JobShape job_shape(const JobParts& parts, const Job& job);

}  // namespace cleave
