// Whether a job has begun to learn by its first evaluation, and which keys to raise where it has
// not. It changes nothing.
#pragma once

#include <string>
#include <vector>

#include "common/config/job.h"
#include "server/coordinator/record.h"

namespace cleave {

// Whether the journal's `line` was evaluated, and all of dev is given one class of several.
bool gives_one_class(const Json& line);

// What to tell the user after the journal's `line`, the first that was evaluated: names the rates
// and counts where after few steps all of dev is given one class. Empty: nothing to tell, or the
// evaluation is of no classes, or not the first (`earlier`: the lines before).
std::string slow_start(const Json& line, const std::vector<Json>& earlier, const Job& job);

}  // namespace cleave
