#include "common/peft/frozen_dense.h"

#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/model/inventory.h"
#include "common/peft/module_tensors.h"

namespace cleave {
namespace {

using at::Tensor;

// Of every module of the adapter, this one among them.
double scale_of(const TuningContext& context) {
  for (const FactorPair& pair : factor_pairs(context)) {
    if (pair.left.rfind("lora.", 0) == 0) return pair.scale;
  }
  throw DataError("the adapter changes no module of a block");
}

bool is_lora(const AdapterSource& source) { return source.config.peft_type == kLoraType.name; }

// By the config, or by what the folder holds.
bool has_own_layer(const AdapterSource& source, const std::string& module,
                   const std::string& dense) {
  const AdapterConfig& config = source.config;
  const std::string parent = module.substr(0, module.rfind('.'));
  const bool named =
      ends_in_any(module, config.modules_to_save) || ends_in_any(parent, config.modules_to_save);
  return (named && config.virtual_tokens == 0) || source.tensors.has(dense + ".weight") ||
         source.tensors.has(dense + ".bias");
}

bool has_factors(const AdapterSource& source, const std::string& dense) {
  return source.tensors.has(dense + kLoraA) || source.tensors.has(dense + kLoraB) ||
         Choice(source)(dense);
}

}  // namespace

void check_frozen_dense(const AdapterSource& source) {
  const TaskClass& task = source.model.architecture->task_class;
  const std::string dense(task.dense);
  for (const std::string& name : source.tensors.names()) {
    if (!task.freezes(name) || name == dense + ".weight" || name == dense + ".bias") continue;
    if (is_lora(source) && (name == dense + kLoraA || name == dense + kLoraB)) continue;
    throw DataError(name + " changes " + dense + " as Cleave does not: train with " +
                    "exclude_modules = [\"" + dense + "\"] beside target_modules");
  }
}

State read_frozen_dense(const AdapterSource& source, const TuningContext& context) {
  State out;
  const TaskClass& task = context.architecture.task_class;
  if (!task.has_dense() || task.dense_tuned) return out;
  const std::string dense(task.dense), weight = dense + ".weight", bias = dense + ".bias";
  const std::string module = task_name(context.architecture, dense);
  const std::int64_t d = context.config.hidden;
  if (has_own_layer(source, module, dense)) {
    out.add("tail." + weight, source.tensors.take(weight, {d, d}));
    out.add("tail." + bias, source.tensors.take(bias, {d}));
  } else if (is_lora(source) && has_factors(source, dense)) {
    const std::int64_t rank = context.job.tuning.rank;
    const Tensor a = source.tensors.take(dense + kLoraA, {rank, d}).to(at::kDouble);
    const Tensor b = source.tensors.take(dense + kLoraB, {d, rank}).to(at::kDouble);
    const Tensor whole = context.stored(weight, {d, d}).to(at::kDouble) +
                         at::mm(b, a) * scale_of(context);  // (D, D)
    out.add("tail." + weight, whole.to(at::kFloat));
    out.add("tail." + bias, context.stored(bias, {d}).clone());
  }
  return out;
}

}  // namespace cleave
