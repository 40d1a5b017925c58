// Whether a run may go on under a job: the same job, or the same with more rounds where that gives
// the run that had them from the start. No I/O.
#pragma once

#include <filesystem>

#include "common/config/job.h"
#include "server/coordinator/record.h"

namespace cleave {

// `written` is the job in the run's folder, `rounds` what is complete of it. True where `wanted`
// has more rounds. Errors: UsageError naming each key that differs, with both values.
bool extends(const Job& written, const Job& wanted, const std::vector<Json>& rounds,
             const std::filesystem::path& folder);

}  // namespace cleave
