#include "common/peft/module_tensors.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "common/base/error.h"
#include "common/model/inventory.h"
#include "common/peft/other_names.h"

namespace cleave {
namespace {

// How the names of a module's own tensors go on.
constexpr const char* kMarks[] = {".lora_", ".ia3_l", ".ln_tuning_layers."};

bool ends_with(const std::string& name, const std::string& suffix) {
  return name.size() >= suffix.size() &&
         name.compare(name.size() - suffix.size(), std::string::npos, suffix) == 0;
}

// PEFT may write whole names, which are the task class's, of either transformers.
bool is_named(const Architecture& architecture, const std::string& module,
              const std::vector<std::string>& ends) {
  return ends_in_any(task_name(architecture, module), ends) ||
         ends_in_any(task_name(architecture, newer_name(architecture, module)), ends);
}

bool in_embedding(const Model& model, const std::string& module) {
  const Inventory embedding = inventory_of_embedding(model.config, *model.architecture);
  return std::any_of(
      embedding.vectors.begin(), embedding.vectors.end(),
      [&](const VectorName& vector) { return vector.name.rfind(module + ".", 0) == 0; });
}

}  // namespace

Choice::Choice(const AdapterSource& source)
    : config_(source.config), architecture_(*source.model.architecture) {
  for (const std::string& name : source.tensors.names()) present_.insert(name);
}

bool Choice::in_layers(const std::string& module) const {
  const auto& layers = config_.layers_to_transform;
  if (!layers) return true;
  const auto layer = layer_in(module);
  return layer && std::binary_search(layers->begin(), layers->end(), *layer);
}

bool Choice::has_tensors(const std::string& module) const {
  return std::any_of(std::begin(kMarks), std::end(kMarks), [&](const char* mark) {
    const auto next = present_.lower_bound(module + mark);
    return next != present_.end() && next->rfind(module + mark, 0) == 0;
  });
}

bool Choice::operator()(const std::string& module) const {
  if (is_named(architecture_, module, config_.exclude_modules)) return false;
  if (config_.excludes_by_pattern && !has_tensors(module)) return false;
  if (config_.all_linear) {
    return in_layers(module) && (layer_in(module) || module == architecture_.task_class.dense);
  }
  if (config_.target_modules.empty()) return has_tensors(module);
  return in_layers(module) && is_named(architecture_, module, config_.target_modules);
}

std::vector<ModuleTensor> linear_tensors(const Model& model,
                                         const std::vector<std::string>& suffixes) {
  std::vector<ModuleTensor> out;
  for (std::int64_t block = 0; block < model.config.layers; ++block) {
    for (const LinearName& linear :
         inventory_of_block(model.config, *model.architecture, block).linears) {
      for (const std::string& suffix : suffixes) out.push_back({linear.name, linear.name + suffix});
    }
  }
  return out;
}

void expect_chosen(const AdapterSource& source, const std::vector<ModuleTensor>& tensors) {
  const Choice chosen(source);
  bool any = false;
  for (const ModuleTensor& tensor : tensors) {
    if (!chosen(tensor.module)) continue;
    source.tensors.shape(tensor.name);  // throws where it is missing
    any = true;
  }
  if (!any) {
    throw DataError("the adapter changes no module that the model has; is it another model's?");
  }
}

std::string rest_of(const std::string& name) {
  const std::size_t method = name.find('.') + 1;
  return name.substr(block_of(name) ? name.find('.', method) + 1 : method);
}

void configure_blocks(const AdapterSource& source, const std::string& suffix, Job& job) {
  const std::int64_t layers = source.model.config.layers;
  std::set<std::int64_t> blocks;
  bool embedding = false;
  for (const std::string& name : source.tensors.names()) {
    if (!ends_with(name, suffix)) continue;
    const auto block = layer_in(name);
    embedding =
        embedding || in_embedding(source.model, name.substr(0, name.size() - suffix.size()));
    if (block && *block < layers) blocks.insert(*block);
  }
  job.tuning.blocks = "all";
  const auto count = static_cast<std::int64_t>(blocks.size());
  if (count == 0 || count == layers) return;
  const bool run = *blocks.rbegin() - *blocks.begin() + 1 == count;
  const bool head = run && *blocks.begin() == 0;
  const bool body = run && *blocks.rbegin() == layers - 1 && !embedding;
  const std::int64_t cut = head ? count : *blocks.begin();
  if ((!head && !body) || (!source.free_head && job.cut.head != cut)) return;
  job.tuning.blocks = head ? "head" : "body";
  job.cut.head = cut;
}

State read_modules(const AdapterSource& source, const TuningContext& context,
                   const Placing& placing) {
  const Choice chosen(source);
  State state;
  for (const Tunable& tunable : all_tunables(context)) {
    const StoredAs stored = placing(tunable.name, tunable.shape);
    if (source.tensors.has(stored.name) || chosen(stored.module)) {
      state.add(tunable.name, source.tensors.take(stored.name, stored.shape).view(tunable.shape));
    } else {
      state.add(tunable.name, tunable.initial().contiguous());
    }
  }
  return state;
}

bool reach_further(const TuningContext& context, const std::vector<std::string>& ends) {
  const TaskClass& task = context.architecture.task_class;
  const std::string output(context.architecture.output);
  return ends_in_any(std::string(task.dense), ends) ||
         ends_in_any(std::string(task.classifier), ends) ||
         ends_in_any(output.substr(0, output.rfind('.')), ends);
}

void write_modules(const TuningContext& context, const State& state, const Placing& placing,
                   const std::vector<std::string>& ends, NewAdapter& out) {
  std::set<std::string> modules;
  for (const Tunable& tunable : all_tunables(context)) {
    const StoredAs stored = placing(tunable.name, tunable.shape);
    out.tensors[stored.name] = state.at(tunable.name).view(stored.shape);
    modules.insert(stored.module);
  }
  out.config.target_modules = ends;
  if (context.job.tuning.blocks != "all" || reach_further(context, ends)) {
    out.config.target_modules.assign(modules.begin(), modules.end());
  }
  std::sort(out.config.target_modules.begin(), out.config.target_modules.end());
}

}  // namespace cleave
