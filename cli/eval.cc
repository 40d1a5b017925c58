// cleave eval: the whole model of a run or an adapter in one process, on labelled data.
#include "cli/command.h"
#include "cli/report.h"
#include "cli/run_model.h"
#include "client/load_data.h"
#include "common/base/error.h"
#include "common/model/threads.h"

namespace cleave {
namespace {

int eval_command(const ModelChoice& choice, const std::string& data_path) {
  RunModel run = load_chosen_model(choice);
  use_one_blas_thread();  // the same rounding as in the run
  const Job& job = run.inputs.job;
  const std::string path = data_path.empty() ? job.data.dev : data_path;
  if (path.empty()) throw UsageError("the run names no dev data; give --data FILE");
  const Dataset data = load_data(path, run.inputs.parts, run.inputs.form, run.inputs.labels,
                                 {job.data.columns, job.data.header, ""});
  Evaluation evaluation;
  evaluation.clients.push_back({"whole", evaluate_whole(run.inputs, run.state, data), {}});
  if (run.inputs.parts.task == Task::kCausalLm) {
    evaluation.tokens =
        predicted_tokens(evaluation.clients[0].report.work, run.inputs.parts.form.plan);
  }
  print_evaluation(evaluation_json(evaluation, {}), run.inputs.labels.names());
  return 0;
}

}  // namespace

void add_eval(CLI::App& app, Run& run) {
  auto data = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("eval", "Evaluate a run's whole model in one process");
  const auto choice = add_model_choice(*command);
  command->add_option("--data", *data, "Labelled data; default: the run's dev data");
  command->footer(
      "Example:\n  cleave eval runs/sst2 --data test.tsv\n"
      "  cleave eval --model models/minilm --adapter my-lora --data test.tsv");
  command->callback([=, &run] { run = [=] { return eval_command(*choice, *data); }; });
}

}  // namespace cleave
