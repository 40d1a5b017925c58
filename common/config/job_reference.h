// The text of docs/job.md, from the schema of the job file and of the client's.
#pragma once

#include <string>

namespace cleave {

std::string job_reference();

}  // namespace cleave
