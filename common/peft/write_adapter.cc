#include "common/peft/write_adapter.h"

#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/peft/peft_type.h"
#include "common/peft/tail_tensors.h"

namespace cleave {
namespace {

std::string wrapped(const Architecture& architecture, const PeftType& type,
                    const std::string& name) {
  if (name == "prompt_embeddings") return name;
  return (type.in_modules ? "base_model.model." : "base_model.") + task_name(architecture, name);
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
