#include "experiments/bench/standard_step.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "common/base/error.h"

namespace cleave {
namespace {

constexpr std::int64_t kSentences = 32;

constexpr const char* kJob = R"(
cut.head = 1
cut.tail = 1
tuning.tokens = 20
data.labels = ["negative", "positive"]
)";

Job standard_job(const StepOptions& options) {
  std::vector<std::string> settings = {"model.path=" + options.model, "data.train=" + options.data,
                                       "model.precision=" + options.precision,
                                       fmt::format("optimizer.batch={}", kSentences)};
  settings.insert(settings.end(), options.settings.begin(), options.settings.end());
  return parse_job(kJob, "the standard step", fs::current_path(), settings).job;
}

// The words between the first id and the last, again and again.
void repeat_words(Example& example, std::size_t rows) {
  const std::vector<std::int32_t> ids = example.ids;
  if (ids.size() < 3 || rows < 2) throw DataError("the benchmark needs texts of a word or more");
  example.ids.assign(1, ids.front());
  for (std::size_t i = 0; i + 2 < rows; ++i) example.ids.push_back(ids[1 + i % (ids.size() - 2)]);
  example.ids.push_back(ids.back());
  example.pair_begin = static_cast<std::int32_t>(rows);
}

void check_present(const std::string& model, const std::string& data) {
  if (!fs::exists(model)) {
    throw IoError("no model folder at " + model + "; scripts/fetch-minilm makes models/minilm");
  }
  if (!fs::exists(data)) {
    throw IoError("no data at " + data +
                  "; SST-2 is data/sst2/train.tsv of ../shared, a checkout of the fixtures beside "
                  "the repository");
  }
}

}  // namespace

std::unique_ptr<StandardStep> make_standard_step(const StepOptions& options) {
  check_present(options.model, options.data);
  JobInputs inputs = load_inputs(standard_job(options));
  if (inputs.train.size() < kSentences) {
    throw DataError(options.data + " holds " + std::to_string(inputs.train.size()) +
                    " sentences, the benchmark needs " + std::to_string(kSentences));
  }
  inputs.train.examples.resize(kSentences);
  for (Example& example : inputs.train.examples) {
    if (options.text_rows > 0) repeat_words(example, static_cast<std::size_t>(options.text_rows));
  }
  auto step = std::make_unique<StandardStep>(StandardStep{std::move(inputs), {}});
  for (const Example& example : step->inputs.train.examples) step->batch.push_back(&example);
  return step;
}

void write_step(const StandardStep& step, const std::filesystem::path& path) {
  const auto& optimizer = step.inputs.job.optimizer;
  std::vector<float> ids, lengths, labels;
  for (const Example* example : step.batch) {
    ids.insert(ids.end(), example->ids.begin(), example->ids.end());
    lengths.push_back(static_cast<float>(example->ids.size()));
    labels.push_back(static_cast<float>(example->label));
  }
  State out = step.inputs.parts.initial.clone();
  out.add("ids", at::tensor(ids));
  out.add("lengths", at::tensor(lengths));
  out.add("labels", at::tensor(labels));
  save_state(path, out,
             {{"lr_prompt", std::to_string(optimizer.lr_prompt)},
              {"lr_tail", std::to_string(optimizer.lr_tail)}});
}

}  // namespace cleave
