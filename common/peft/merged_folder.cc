#include "common/peft/merged_folder.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/model/model_files.h"
#include "common/peft/merge.h"
#include "common/peft/tail_tensors.h"
#include "common/peft/write_adapter.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxConfigBytes = 16 << 20;

// Backbone and read-out, with what has changed in its place.
std::vector<NamedTensor> tensors_of(const Model& model, bool language,
                                    const std::map<std::string, at::Tensor>& changed) {
  std::vector<std::string> names = backbone_tensor_names(model.config, *model.architecture);
  const TaskClass& task = model.architecture->task_class;
  if (language) {
    if (has_output(model)) names.emplace_back(model.architecture->output);
  } else if (task.has_dense() && !task.dense_tuned) {
    for (const char* part : {".weight", ".bias"}) {
      names.push_back(std::string(task.dense) + part);
    }
  }
  std::map<std::string, at::Tensor> all = changed;
  for (const std::string& name : names) {
    if (all.contains(name)) continue;
    all[name] = model.checkpoint.tensor(name, model.checkpoint.entry(name).info.shape);
  }
  std::vector<NamedTensor> out;
  for (const auto& [name, tensor] : all) {
    out.push_back({task_name(*model.architecture, name), tensor});
  }
  return out;
}

// The model's own configuration, of the task's class; of a classifier with the job's labels.
std::string task_config(const Model& model, bool language, const std::vector<std::string>& labels) {
  const fs::path path = model.checkpoint.folder() / "config.json";
  auto config = nlohmann::ordered_json::parse(read_file(path, kMaxConfigBytes));
  const TaskClass& task = model.architecture->task_class;
  config["architectures"] = {language ? task.language : task.name};
  if (language) return config.dump(2) + '\n';
  auto by_id = nlohmann::ordered_json::object(), by_label = by_id;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    by_id[std::to_string(i)] = labels[i];
    by_label[labels[i]] = i;
  }
  config["id2label"] = by_id;
  config["label2id"] = by_label;
  config.erase("num_labels");
  return config.dump(2) + '\n';
}

// The prompt that DePT's offsets leave, trained on the folder's own table of positions; what else
// has been trained, the tail's blocks and changes of the base among it, is that folder's.
AdapterFiles remaining_prompt(const TuningContext& context, const State& state,
                              const fs::path& out) {
  Job job = context.job;
  job.tuning.method = "prompt";
  job.federation.aggregation = "mean";
  job.model.path = fs::absolute(out).lexically_normal().string();
  const Cut cut{context.cut.head, 0};
  const TuningContext prompt{job, context.config, context.architecture, cut, context.stored};
  const State own = part_of(state, [&](const std::string& name) {
    return name == "prompt" ||
           (name.rfind("tail.", 0) == 0 &&
            is_task_module(context.architecture, stored_tail_name(context.architecture, name)));
  });
  return adapter_files(prompt, own);
}

}  // namespace

void write_merged_folder(const Model& model, const TuningContext& context, const State& state,
                         const std::vector<std::string>& labels, const fs::path& out) {
  check_task_class(context);
  const bool language = context.job.model.task == "causal_lm";
  const std::map<std::string, at::Tensor> changed = merged_tensors(context, state);
  const std::vector<NamedTensor> tensors = tensors_of(model, language, changed);
  const std::string config = task_config(model, language, labels);
  std::optional<AdapterFiles> prompt;
  if (leaves_prompt(context)) prompt = remaining_prompt(context, state, out);
  // All that can be refused has been by now: a refused export leaves nothing behind.
  make_empty_folder(out);
  write_tensors(out / "model.safetensors", tensors);
  copy_model_files(model.checkpoint.folder(), out);
  write_atomically(out / "config.json", config);
  if (prompt) write_adapter_files(*prompt, out / "adapter");
}

}  // namespace cleave
