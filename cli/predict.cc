// cleave predict: labels for new inputs, by the whole model of a run or an adapter in one process.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/run_model.h"
#include "client/predictions.h"
#include "common/base/error.h"
#include "common/model/threads.h"

namespace cleave {
namespace {

struct PredictOptions {
  std::string data, text;
  std::int64_t tokens = 40;
};

Dataset inputs_of(const RunModel& run, const PredictOptions& options) {
  if (!options.data.empty()) {
    const Job& job = run.inputs.job;
    return load_unlabelled(options.data, run.inputs.form, {job.data.columns, job.data.header, ""});
  }
  const auto* input = std::get_if<TextInput>(&run.inputs.form);
  if (!input) throw UsageError("the run's model takes images; give --data PICTURE");
  Dataset data;
  data.examples.push_back(make_text_example(options.text, *input));
  return data;
}

void print_continuations(const RunModel& run, const WholeModel& model, const Dataset& data,
                         std::int64_t tokens) {
  const Tokenizer& tokenizer = *run.inputs.tokenizer;
  for (const Example& example : data.examples) {
    const std::vector<std::int32_t> ids = model.continued(example, tokens);
    std::vector<std::int32_t> all = example.ids;
    all.insert(all.end(), ids.begin(), ids.end());
    const nlohmann::ordered_json line = {{"text", tokenizer.text(all)}, {"new_ids", ids}};
    fmt::print("{}\n", line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  }
}

int predict_command(const ModelChoice& choice, const PredictOptions& options) {
  if (options.data.empty() == options.text.empty()) {
    throw UsageError("give either --data FILE or --text TEXT");
  }
  const RunModel run = load_chosen_model(choice);
  use_one_blas_thread();  // the same rounding as in the run
  const Dataset data = inputs_of(run, options);
  const WholeModel model(run.inputs.parts, run.inputs.job, run.state);
  if (run.inputs.parts.task == Task::kCausalLm) {
    print_continuations(run, model, data, options.tokens);
    return 0;
  }
  for (const Batch& batch : in_order_batches(data, run.inputs.job.eval.batch)) {
    fmt::print("{}", prediction_lines(model.logits(batch), run.inputs.labels.names()));
  }
  return 0;
}

}  // namespace

void add_predict(CLI::App& app, Run& run) {
  auto options = std::make_shared<PredictOptions>();
  CLI::App* command = app.add_subcommand("predict", "Label or continue inputs with a run's model");
  const auto choice = add_model_choice(*command);
  command->add_option(
      "--data", options->data,
      "One text a line, a table (.tsv, .csv, .jsonl; labels are ignored) or pictures");
  command->add_option("--text", options->text, "One text");
  command->add_option("--tokens", options->tokens, "That a language model adds; default 40")
      ->check(CLI::Range(1, 1 << 20));
  command->footer(
      "Example:\n  cleave predict runs/sst2 --text \"a gorgeous film\"\n"
      "  cleave predict runs/stories --text \"Once upon a time\" --tokens 60");
  command->callback([=, &run] { run = [=] { return predict_command(*choice, *options); }; });
}

}  // namespace cleave
