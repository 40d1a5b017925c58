// Keys of [tuning] that a job sets and its methods do not read: more likely a mistake than not.
#pragma once

#include <string>
#include <vector>

#include "common/config/job.h"

namespace cleave {

// A sentence for each. Errors: DataError for an unknown method.
std::vector<std::string> unread_keys(const LoadedJob& loaded);

void warn_of_unread_keys(const LoadedJob& loaded);

}  // namespace cleave
