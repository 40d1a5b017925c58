#include "common/peft/read_adapter.h"

#include <algorithm>

#include "common/base/error.h"
#include "common/peft/frozen_dense.h"
#include "common/peft/other_names.h"
#include "common/peft/peft_type.h"
#include "common/peft/tail_tensors.h"

namespace cleave {
namespace {

constexpr std::int64_t kMostBatchBytes = 128 << 20;  // half of what a frame of the wire may hold

std::vector<std::string> label_names(const AdapterOptions& options, const Model& model,
                                     std::int64_t count) {
  std::vector<std::string> names = options.labels;
  if (names.empty()) names = model.config.labels;
  if (static_cast<std::int64_t>(names.size()) == count) return names;
  if (!options.labels.empty()) {
    throw DataError("the adapter's classifier has " + std::to_string(count) + " labels, " +
                    std::to_string(names.size()) + " were named");
  }
  names.clear();
  for (std::int64_t i = 0; i < count; ++i) names.push_back("LABEL_" + std::to_string(i));
  return names;
}

// Texts as long as the model's positions allow, as PEFT takes them; data.max_length of a job is for
// training. Models that allow more than a batch may hold get smaller batches.
void take_long_texts(const ModelConfig& config, Job& job) {
  if (config.is_image()) return;
  const std::int64_t most = std::max<std::int64_t>(
      1, kMostBatchBytes / (static_cast<std::int64_t>(sizeof(float)) * config.hidden));  // rows
  job.data.max_length = std::max<std::int64_t>(3, std::min(config.positions, most));
  const std::int64_t batch = std::max<std::int64_t>(1, most / job.data.max_length);
  job.optimizer.batch = std::min(job.optimizer.batch, batch);
  job.eval.batch = std::min(job.eval.batch, batch);
}

void check_language_model(const Model& model) {
  if (!model.architecture->task_class.language.empty()) return;
  throw DataError("task_type \"CAUSAL_LM\": a \"" + model.config.model_type +
                  "\" model is no language model");
}

Adapter read(const Model& model, const AdapterConfig& config, AdapterTensors& tensors,
             const PeftType& type, const AdapterOptions& options) {
  const AdapterSource source{config, tensors, model, !options.head};
  Adapter out;
  Job& job = out.job;
  job.model.path = std::filesystem::absolute(model.checkpoint.folder()).lexically_normal().string();
  job.cut.head = options.head.value_or(std::min<std::int64_t>(1, model.config.layers));
  job.cut.tail = 0;
  const bool language = config.task_type == "CAUSAL_LM";
  const std::int64_t labels = language ? 0 : label_count(source);
  if (language) {
    check_language_model(model);
    job.model.task = "causal_lm";
  } else {
    job.cut.pool = "pooler";
    job.data.labels = label_names(options, model, labels);
    check_frozen_dense(source);
  }
  take_long_texts(model.config, job);
  type.configure(source, job);
  const Cut cut{job.cut.head, job.cut.tail};
  check_cut(cut, model.config);
  const TuningContext context{job,
                              model.config,
                              *model.architecture,
                              cut,
                              frozen_weights(model, Precision::kFp32),
                              std::make_shared<DerivedTensors>()};
  out.state = type.read(source, context);
  if (!language) {
    out.state = merged(out.state, read_tail(source, context, labels));
    out.frozen = read_frozen_dense(source, context);
  }
  tensors.expect_none_left();
  return out;
}

}  // namespace

void check_trainable(const Adapter& adapter, const std::filesystem::path& folder) {
  if (adapter.frozen.tensors.empty()) return;
  const std::string name = adapter.frozen.tensors.front().first;  // "tail.MODULE.bias"
  const std::size_t begin = name.find('.') + 1;
  throw DataError(
      folder.string() + " changes " + name.substr(begin, name.rfind('.') - begin) +
      ", which training leaves as the model has it: write the model that the adapter makes "
      "(cleave export --merged --model ... --adapter ...), and train on that");
}

Adapter read_adapter(const Model& model, const std::filesystem::path& folder,
                     const AdapterOptions& options) {
  const AdapterConfig config = load_adapter_config(folder);
  const PeftType& type = find_peft_type(config.peft_type);
  AdapterTensors tensors(
      folder, type.in_modules ? "base_model.model." : "base_model.", model.architecture->prefix,
      [&](const std::string& name) { return older_name(*model.architecture, saved_name(name)); });
  try {
    return read(model, config, tensors, type, options);
  } catch (const DataError& error) {
    const std::string what = error.what();
    const bool named = what.find(folder.string()) != std::string::npos;
    throw DataError(named ? what : folder.string() + ": " + what);
  }
}

}  // namespace cleave
