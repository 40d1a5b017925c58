#include "common/peft/write_adapter.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/model/inventory.h"
#include "common/peft/other_names.h"
#include "common/peft/peft_type.h"
#include "common/peft/tail_tensors.h"

namespace cleave {
namespace {

std::string wrapped(const Architecture& architecture, const PeftType& type,
                    const std::string& name) {
  if (name == "prompt_embeddings") return name;
  return (type.in_modules ? "base_model.model." : "base_model.") + task_name(architecture, name);
}

// The module that a tensor of an adapter belongs to.
std::string module_of(const std::string& tensor) {
  for (const char* mark : {".lora_", ".ia3_l", ".ln_tuning_layers"}) {
    const std::size_t at = tensor.find(mark);
    if (at != std::string::npos) return tensor.substr(0, at);
  }
  return tensor;
}

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

// Adds to `ends`, which choose modules, what transformers 5 calls those of them that it renamed.
void add_newer(const Architecture& architecture, const std::vector<std::string>& modules,
               std::vector<std::string>& ends) {
  for (const std::string& end : std::vector<std::string>(ends)) {
    for (const std::string& module : modules) {
      const std::string newer = newer_name(architecture, module);
      if (newer == module || !ends_in(task_name(architecture, module), end)) continue;
      const bool whole = end == task_name(architecture, module) || end == module;
      add_once(ends, whole ? task_name(architecture, newer) : newer.substr(newer.rfind('.') + 1));
    }
  }
  std::sort(ends.begin(), ends.end());
}

// Under its names in transformers 5, too: each loader takes those of its own modules.
void add_newer_names(const Architecture& architecture, NewAdapter& adapter) {
  std::vector<std::string> modules;
  std::map<std::string, at::Tensor> renamed;
  for (const auto& [name, tensor] : adapter.tensors) {
    const std::string newer = newer_name(architecture, name);
    if (newer == name) continue;
    add_once(modules, module_of(name));
    renamed[newer] = tensor;
  }
  if (renamed.empty()) return;
  adapter.tensors.merge(renamed);
  add_newer(architecture, modules, adapter.config.target_modules);
  add_newer(architecture, modules, adapter.config.feedforward_modules);
}

std::string task_type(const TuningContext& context) {
  if (context.config.is_image()) return "";
  return context.job.model.task == "causal_lm" ? "CAUSAL_LM" : "SEQ_CLS";
}

// PEFT takes the sizes of prompts and prefixes from a text model's configuration.
void check_images(const TuningContext& context, const PeftType& type) {
  if (!context.config.is_image() || type.in_modules) return;
  throw DataError("tuning.method = \"" + context.job.tuning.method + "\" on a \"" +
                  context.config.model_type +
                  "\" model: PEFT's prompt learning is for text models and does not load such a "
                  "folder; train \"lora\", or keep the run folder");
}

// Whether everything that was trained besides is a classifier or a norm.
void check_frozen(const TuningContext& context, const PeftType& type) {
  const std::string instead = type.in_modules ? "export with --merged" : "keep the run folder";
  if (context.cut.tail > 0) {
    throw DataError("cut.tail = " + std::to_string(context.cut.tail) +
                    ": the tail's blocks are trained as a whole, which is no adapter; " + instead +
                    ", or train with cut.tail = 0");
  }
  if (adds_to_base(context.job.federation.aggregation)) {
    throw DataError("federation.aggregation = \"" + context.job.federation.aggregation +
                    "\" has changed the base, which no adapter holds; " + instead);
  }
}

}  // namespace

void check_task_class(const TuningContext& context) {
  const TaskClass& task = context.architecture.task_class;
  const std::string& pool = context.job.cut.pool;
  if (context.job.model.task == "causal_lm") return;
  if (pool == "pooler") return;
  const bool same = !task.has_dense() && task.bias && parse_pool(pool) == task.row;
  if (same) return;
  throw DataError("cut.pool = \"" + pool + "\": " + std::string(task.name) +
                  " reads something else, so that the classifier would not fit; train with "
                  "cut.pool = \"pooler\"");
}

AdapterFiles adapter_files(const TuningContext& context, const State& state) {
  const PeftExport& format = find_peft_export(context.job.tuning.method);
  check_images(context, *format.type);
  check_task_class(context);
  check_frozen(context, *format.type);
  NewAdapter adapter;
  adapter.config.peft_type = format.type->name;
  adapter.config.task_type = task_type(context);
  adapter.config.base_model = context.job.model.path;
  format.write(context, state, adapter);
  write_tail(context, state, adapter);
  add_newer_names(context.architecture, adapter);
  AdapterFiles files;
  for (const auto& [name, tensor] : adapter.tensors) {
    files.tensors.push_back({wrapped(context.architecture, *format.type, name), tensor});
  }
  files.config = adapter_config_json(adapter.config);
  return files;
}

void write_adapter_files(const AdapterFiles& files, const fs::path& out) {
  make_empty_folder(out);
  write_tensors(out / kAdapterWeights, files.tensors);
  write_atomically(out / kAdapterConfig, files.config);
}

void write_adapter(const TuningContext& context, const State& state, const fs::path& out) {
  write_adapter_files(adapter_files(context, state), out);
}

}  // namespace cleave
