#include "common/peft/tail_tensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "common/base/error.h"
#include "common/model/inventory.h"
#include "common/tuning/tuned_tail.h"

namespace cleave {
namespace {

constexpr std::string_view kTail = "tail.";

std::string classifier_weight(const Architecture& architecture) {
  return std::string(architecture.task_class.classifier) + ".weight";
}

std::string module_of(const std::string& name) { return name.substr(0, name.rfind('.')); }

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

// The norm after the last block: one of LN_TUNING's own, or a module that is saved beside another
// type where it has changed; its name in the task class is then returned.
std::string write_norm(const TuningContext& context, const std::map<std::string, at::Tensor>& norm,
                       NewAdapter& out) {
  if (norm.empty()) return {};
  const std::string module = module_of(norm.begin()->first);
  if (out.config.peft_type == kLnTuning.name) {
    for (const auto& [name, tensor] : norm) out.tensors[norm_in_ln_tuning(name)] = tensor;
    add_once(out.config.target_modules, module);
    std::sort(out.config.target_modules.begin(), out.config.target_modules.end());
    return {};
  }
  const bool same = std::all_of(norm.begin(), norm.end(), [&](const auto& entry) {
    return entry.second.equal(context.stored(entry.first, entry.second.sizes().vec()));
  });
  if (same) return {};
  out.tensors.insert(norm.begin(), norm.end());
  return task_name(context.architecture, module);
}

// What is saved together with a tensor: the classifier and what belongs to it, or a norm.
std::string saved_module(const Architecture& architecture, const std::string& name) {
  return is_task_module(architecture, name) ? name.substr(0, name.find('.')) : module_of(name);
}

// The modules whose tensors must all be there: those with one, and those of modules_to_save. Types
// of prompts name the classifier in older PEFT without saving it.
std::set<std::string> saved_modules(const AdapterSource& source, const State& tail) {
  const Architecture& architecture = *source.model.architecture;
  const std::vector<std::string> present = source.tensors.names();
  std::set<std::string> out;
  for (const auto& [name, tensor] : tail.tensors) {
    const std::string module = saved_module(architecture, stored_tail_name(architecture, name));
    const bool named = source.config.virtual_tokens == 0 &&
                       ends_in_any(task_name(architecture, module), source.config.modules_to_save);
    const bool some = std::any_of(present.begin(), present.end(), [&](const std::string& other) {
      return other.rfind(module + ".", 0) == 0;
    });
    if (named || some) out.insert(module);
  }
  return out;
}

}  // namespace

std::string norm_in_ln_tuning(const std::string& name) {
  const std::size_t dot = name.rfind('.');
  return name.substr(0, dot) + ".ln_tuning_layers" + name.substr(dot);
}

std::string stored_tail_name(const Architecture& architecture, const std::string& name) {
  const std::string rest = name.substr(kTail.size());
  if (rest != "classifier.weight" && rest != "classifier.bias") return rest;
  return std::string(architecture.task_class.classifier) + rest.substr(rest.find('.'));
}

std::int64_t label_count(const AdapterSource& source) {
  const std::string name = classifier_weight(*source.model.architecture);
  const Checkpoint& checkpoint = source.model.checkpoint;
  if (!source.tensors.has(name) && !checkpoint.has(name)) {
    throw DataError(
        "neither the adapter nor " + checkpoint.folder().string() + " has " + name +
        ": save the adapter with its classifier (modules_to_save); or is it another model's?");
  }
  const auto& shape =
      source.tensors.has(name) ? source.tensors.shape(name) : checkpoint.entry(name).info.shape;
  if (shape.size() == 2 && shape[0] >= 1) return shape[0];
  throw DataError(name + " is no matrix of a classifier");
}

State read_tail(const AdapterSource& source, const TuningContext& context, std::int64_t labels) {
  State tail;
  add_initial_tail(tail, source.model, context.cut, {Pool::kPooler, labels});
  const std::set<std::string> saved = saved_modules(source, tail);
  for (auto& [name, tensor] : tail.tensors) {
    const std::string stored = stored_tail_name(context.architecture, name);
    const std::string in_ln_tuning = norm_in_ln_tuning(stored);
    if (source.tensors.has(in_ln_tuning)) {
      tensor = source.tensors.take(in_ln_tuning, tensor.sizes().vec());
    } else if (saved.contains(saved_module(context.architecture, stored))) {
      tensor = source.tensors.take(stored, tensor.sizes().vec());
    }
  }
  return tail;
}

void write_tail(const TuningContext& context, const State& state, NewAdapter& out) {
  const Architecture& architecture = context.architecture;
  std::map<std::string, at::Tensor> norm;
  std::vector<std::string>& saved = out.config.modules_to_save;
  for (const auto& [name, tensor] : state.tensors) {
    if (name.rfind(kTail, 0) != 0) continue;
    const std::string stored = stored_tail_name(architecture, name);
    if (is_task_module(architecture, stored)) {
      out.tensors[stored] = tensor;
      add_once(saved, stored.substr(0, stored.find('.')));
    } else if (architecture.task_class.freezes(stored)) {  // of an adapter that changes it
      out.tensors[stored] = tensor;
      add_once(saved, task_name(architecture, module_of(stored)));
    } else {
      norm[stored] = tensor;
    }
  }
  const std::string module = write_norm(context, norm, out);
  if (!module.empty()) {
    saved.push_back(module);
  } else if (out.config.virtual_tokens > 0) {
    // The types of prompts save the classifier unasked; of older PEFT they lack the key.
    saved.clear();
  }
  std::sort(saved.begin(), saved.end());
}

}  // namespace cleave
