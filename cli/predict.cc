// cleave predict: labels for new inputs, by the whole model of a run in one process.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/run_model.h"
#include "client/predictions.h"
#include "common/base/error.h"
#include "common/model/threads.h"

namespace cleave {
namespace {

int predict_command(const std::string& folder, const std::string& path, const std::string& text) {
  if (path.empty() == text.empty()) throw UsageError("give either --data FILE or --text TEXT");
  RunModel run = load_run_model(folder);
  use_one_blas_thread();  // the same rounding as in the run
  Dataset data;
  if (path.empty()) {
    const auto* input = std::get_if<TextInput>(&run.inputs.form);
    if (!input) throw UsageError("the run's model takes images; give --data PICTURE");
    data.examples.push_back(make_text_example(text, *input));
  } else {
    const Job& job = run.inputs.job;
    data = load_unlabelled(path, run.inputs.form, {job.data.columns, job.data.header, ""});
  }
  const WholeModel model(run.inputs.parts, run.inputs.job, run.state);
  for (const Batch& batch : in_order_batches(data, run.inputs.job.eval.batch)) {
    fmt::print("{}", prediction_lines(model.logits(batch), run.inputs.labels.names()));
  }
  return 0;
}

}  // namespace

void add_predict(CLI::App& app, Run& run) {
  auto folder = std::make_shared<std::string>();
  auto data = std::make_shared<std::string>();
  auto text = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("predict", "Label new inputs with a run's whole model");
  command->add_option("run", *folder, "A run directory")->required();
  command->add_option(
      "--data", *data,
      "One text a line, a table (.tsv, .csv, .jsonl; labels are ignored) or pictures");
  command->add_option("--text", *text, "One text");
  command->footer("Example:\n  cleave predict runs/sst2 --text \"a gorgeous film\"");
  command->callback([=, &run] { run = [=] { return predict_command(*folder, *data, *text); }; });
}

}  // namespace cleave
