// Whether a job's state and reports can cross and be held, from its numbers alone: on a device the
// job comes from a server, and nothing of it is made before this has been asked.
#pragma once

#include "common/config/job.h"
#include "common/model/model_config.h"

namespace cleave {

// Errors: DataError for a state of a client above a frame's limit, and for more classes than an
// evaluation counts, label by prediction.
void check_job_size(const Job& job, const ModelConfig& config, std::int64_t labels);

}  // namespace cleave
