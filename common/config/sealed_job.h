// The job.toml of a run directory: the resolved job, sealed by its last line "# sha256 HEX". What
// the seal covers leaves out the values of paths, so that a run that was moved can be told where
// its model lies now.
#pragma once

#include <filesystem>
#include <string>

#include "common/config/job.h"

namespace cleave {

std::string sealed_job_toml(const Job& job);

// A run directory's job. Errors: IoError, DataError naming the file where it was changed.
LoadedJob load_sealed_job(const std::filesystem::path& file);

}  // namespace cleave
