#include "cli/run_model.h"

#include "common/base/error.h"

namespace cleave {

RunModel load_run_model(const fs::path& folder) {
  const RunFolder run = RunFolder::open(folder);
  const Job job = load_job(folder / "job.toml", {}).job;
  JobInputs inputs = load_inputs(job, /*with_data=*/false);
  std::optional<State> state = run.state();
  if (!state) throw DataError(folder.string() + " holds no complete round yet");
  check_same_form(*state, inputs.parts.whole_initial(), (folder / "state.safetensors").string());
  return {std::move(inputs), std::move(*state)};
}

}  // namespace cleave
