#include "experiments/bench/standard_step.h"

#include <ATen/ATen.h>

#include "common/base/error.h"

namespace cleave {
namespace {

constexpr std::int64_t kSentences = 32;

Job standard_job(const std::string& model, const std::string& data, const std::string& precision) {
  Job job;
  job.model.path = model;
  job.model.precision = precision;
  job.cut.head = 1;
  job.cut.tail = 1;
  job.tuning.tokens = 20;
  job.data.train = data;
  job.data.labels = {"negative", "positive"};
  job.optimizer.batch = kSentences;
  return job;
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

std::unique_ptr<StandardStep> make_standard_step(const std::string& model, const std::string& data,
                                                 const std::string& precision) {
  check_present(model, data);
  JobInputs inputs = load_inputs(standard_job(model, data, precision));
  if (inputs.train.size() < kSentences) {
    throw DataError(data + " holds " + std::to_string(inputs.train.size()) +
                    " sentences, the benchmark needs " + std::to_string(kSentences));
  }
  inputs.train.examples.resize(kSentences);
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
