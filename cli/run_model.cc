#include "cli/run_model.h"

#include "common/base/error.h"
#include "common/peft/read_adapter.h"

namespace cleave {
namespace {

RunModel load_adapter_model(const ModelChoice& choice) {
  Adapter adapter =
      read_adapter(open_model(choice.model), choice.adapter, {std::nullopt, choice.labels});
  JobInputs inputs = load_inputs(adapter.job, /*with_data=*/false);
  check_same_form(adapter.state, inputs.parts.whole_initial(), choice.adapter);
  return {std::move(inputs), adapter.whole()};
}

}  // namespace

RunModel load_run_model(const fs::path& folder) {
  const RunFolder run = RunFolder::open(folder);
  Job job = load_job(folder / "job.toml", {}).job;
  // Where the run began does not matter any more, and need not be there any more.
  if (job.tuning.init.rfind("state:", 0) == 0) job.tuning.init = "random";
  JobInputs inputs = load_inputs(job, /*with_data=*/false);
  std::optional<State> state = run.state();
  if (!state) throw DataError(folder.string() + " holds no complete round yet");
  check_same_form(*state, inputs.parts.whole_initial(), (folder / "state.safetensors").string());
  return {std::move(inputs), std::move(*state)};
}

std::shared_ptr<ModelChoice> add_model_choice(CLI::App& command) {
  auto choice = std::make_shared<ModelChoice>();
  command.add_option("run", choice->run, "A run directory");
  command.add_option("--model", choice->model, "Instead of a run: a Hugging Face folder ...");
  command.add_option("--adapter", choice->adapter, "... and a PEFT adapter for it");
  command
      .add_option("--labels", choice->labels, "The adapter's labels in order; default: the model's")
      ->delimiter(',');
  return choice;
}

RunModel load_chosen_model(const ModelChoice& choice) {
  const bool adapter = !choice.model.empty() || !choice.adapter.empty();
  if (adapter == !choice.run.empty() || choice.model.empty() != choice.adapter.empty()) {
    throw UsageError("give either a run directory, or both --model and --adapter");
  }
  return adapter ? load_adapter_model(choice) : load_run_model(choice.run);
}

}  // namespace cleave
