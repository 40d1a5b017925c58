// cleave import: a PEFT adapter as a run directory, for eval, predict, inspect and export, and for
// jobs that go on from it (tuning.init = "state:RUN").
#include <fmt/format.h>

#include "cli/command.h"
#include "common/peft/read_adapter.h"
#include "server/coordinator/run_folder.h"

namespace cleave {
namespace {

struct ImportOptions {
  std::string adapter, model, out;
  std::optional<std::int64_t> head;
  std::vector<std::string> labels;
};

int import_command(const ImportOptions& options) {
  const Model model = open_model(options.model);
  const Adapter adapter = read_adapter(model, options.adapter, {options.head, options.labels});
  check_trainable(adapter, options.adapter);
  RunFolder::create(options.out, adapter.job).write_start(adapter.state);
  fmt::print("{}\n", options.out);
  return 0;
}

}  // namespace

void add_import(CLI::App& app, Run& run) {
  auto options = std::make_shared<ImportOptions>();
  CLI::App* command = app.add_subcommand("import", "Make a run directory of a PEFT adapter");
  command->add_option("adapter", options->adapter, "A PEFT folder")->required();
  command->add_option("--model", options->model, "The Hugging Face folder that it was trained on")
      ->required();
  command->add_option("-o,--out", options->out, "The run directory to write")->required();
  command->add_option("--head", options->head, "cut.head; default: what the adapter calls for");
  command->add_option("--labels", options->labels, "Labels in order; default: the model's")
      ->delimiter(',');
  command->footer("Example:\n  cleave import my-lora --model models/minilm -o runs/lora");
  command->callback([=, &run] { run = [=] { return import_command(*options); }; });
}

}  // namespace cleave
