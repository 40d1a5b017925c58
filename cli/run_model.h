// A finished run's whole model in one process, for eval and predict.
#pragma once

#include <memory>

#include "simulation/centralised.h"

namespace cleave {

struct RunModel {
  JobInputs inputs;  // without data
  State state;
};

// Errors: UsageError (not a run directory), DataError (no complete round, another model).
RunModel load_run_model(const std::filesystem::path& folder);

}  // namespace cleave
