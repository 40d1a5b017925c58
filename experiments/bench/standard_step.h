// The step that all speed goals are stated for: MiniLM, h = 1, t = 1, 20 prompt rows, the first 32
// sentences of a labelled file. It only sets things up; what is timed is the product's own code.
#pragma once

#include <string>

#include "simulation/simulation.h"

namespace cleave {

struct StandardStep {
  JobInputs inputs;
  Batch batch;  // points into inputs
};

struct StepOptions {
  std::string model, data, precision = "fp32";
  std::vector<std::string> settings{};  // "key=value", over the job
  std::int64_t text_rows = 0;           // every text is repeated or cut to them; 0: as it is
};

// Errors: IoError and DataError as loading gives them, with where to get what is missing.
std::unique_ptr<StandardStep> make_standard_step(const StepOptions& options);

// Everything another implementation needs to take the same step: ids, lengths, labels, the rates,
// and the state that training starts from.
void write_step(const StandardStep& step, const std::filesystem::path& path);

}  // namespace cleave
