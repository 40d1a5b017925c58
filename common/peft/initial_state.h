// Where a job begins that goes on from another one's state (tuning.init = "state:FOLDER"): a run
// folder or a PEFT adapter. It checks that the state means the same in both.
#pragma once

#include "common/tuning/method.h"

namespace cleave {

// The folder of "state:FOLDER"; nothing for other values of tuning.init.
std::optional<std::string> initial_folder(const std::string& init);

// The whole state. Errors: IoError, DataError where the folder's job trains something else.
State initial_state(const TuningContext& context, const Model& model, const std::string& folder);

}  // namespace cleave
