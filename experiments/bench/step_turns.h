// Times one step of several jobs in turns, each over memory links and with a client of its own, and
// counts what each holds and sends beside what the closed forms say.
#pragma once

#include <nlohmann/json.hpp>

#include "experiments/bench/standard_step.h"

namespace cleave {

// `jobs`: settings with spaces between, over the standard step's, and text_rows=N. A list with an
// object for each: its settings, cpu and wall seconds of every turn, peak bytes of live tensors
// above those before the step, and in closed form flops and the payload bytes of smashed data and
// features.
nlohmann::json time_in_turns(const StepOptions& common, const std::vector<std::string>& jobs,
                             int turns);

}  // namespace cleave
