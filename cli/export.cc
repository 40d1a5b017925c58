// cleave export: what a run trained, as a PEFT adapter or folded into a Hugging Face model.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/run_model.h"
#include "common/peft/merged_folder.h"
#include "common/peft/write_adapter.h"

namespace cleave {
namespace {

struct ExportOptions {
  std::string out, format = "peft";
  bool merged = false;
};

int export_command(const ModelChoice& choice, const ExportOptions& options) {
  const RunModel run = load_chosen_model(choice);
  const JobInputs& inputs = run.inputs;
  const TuningContext context = tuning_context(inputs.parts, inputs.job);
  if (options.merged) {
    write_merged_folder(inputs.model, context, run.state, inputs.labels.names(), options.out);
  } else {
    write_adapter(context, run.state, options.out);
  }
  fmt::print("{}\n", options.out);
  return 0;
}

}  // namespace

void add_export(CLI::App& app, Run& run) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = app.add_subcommand("export", "Write a run's state for Hugging Face");
  const auto choice = add_model_choice(*command);
  command->add_option("-o,--out", options->out, "The folder to write")->required();
  command->add_option("--format", options->format, "Of the adapter")
      ->check(CLI::IsMember({"peft"}));
  command->add_flag("--merged", options->merged, "A whole model with the weights folded in");
  command->footer("Example:\n  cleave export runs/sst2 -o my-lora");
  command->callback([=, &run] { run = [=] { return export_command(*choice, *options); }; });
}

}  // namespace cleave
