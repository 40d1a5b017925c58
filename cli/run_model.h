// A whole trained model in one process, for eval, predict and export: of a run folder, or of a
// model with a PEFT adapter.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>

#include "simulation/centralised.h"

namespace cleave {

struct RunModel {
  JobInputs inputs;  // without data
  State state;
};

// Errors: UsageError (not a run directory), DataError (no complete round, another model).
RunModel load_run_model(const std::filesystem::path& folder);

// What a command line names: a run, or --model and --adapter.
struct ModelChoice {
  std::string run, model, adapter;
  std::vector<std::string> labels;
};
std::shared_ptr<ModelChoice> add_model_choice(CLI::App& command);
// Errors: also UsageError where it names neither or both.
RunModel load_chosen_model(const ModelChoice& choice);

}  // namespace cleave
