// LORA (Hu et al. 2021; rsLoRA): "MODULE.lora_A.weight" (r, in) and "MODULE.lora_B.weight" (out,
// r), also of weights that are stored (in, out). One rank and one alpha for all modules: patterns
// of them are refused.
#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "common/peft/module_tensors.h"
#include "common/tuning/methods/methods.h"
#include "common/tuning/stored_svd.h"
#include "common/tuning/targets.h"

namespace cleave {
namespace {

StoredAs placing(const std::string& name, const std::vector<std::int64_t>& shape) {
  const std::string rest = rest_of(name);  // "MODULE.A"
  const std::string module = rest.substr(0, rest.size() - 2);
  return {module, module + (rest.back() == 'A' ? kLoraA : kLoraB), shape};
}

// Of every module that the folder changes the config's shortest end of its name, or its own name
// in a block.
std::vector<std::string> targets_in(const AdapterSource& source) {
  const Choice chosen(source);
  std::set<std::string> targets;
  for (const ModuleTensor& tensor : linear_tensors(source.model, {kLoraA})) {
    if (!chosen(tensor.module)) continue;
    const std::string number = fmt::format(".{}.", layer_in(tensor.module).value());
    std::string target = tensor.module.substr(tensor.module.find(number) + number.size());
    for (const std::string& end : source.config.target_modules) {
      if (end.size() < target.size() && ends_in(target, end)) target = end;
    }
    targets.insert(target);
  }
  return {targets.begin(), targets.end()};
}

void configure(const AdapterSource& source, Job& job) {
  expect_chosen(source, linear_tensors(source.model, {kLoraA, kLoraB}));
  job.tuning.method = "lora";
  job.tuning.rank = source.config.rank;
  job.tuning.alpha = source.config.alpha;
  job.tuning.rslora = source.config.rslora;
  job.tuning.targets = targets_in(source);
  configure_blocks(source, kLoraA, job);
}

State read(const AdapterSource& source, const TuningContext& context) {
  return read_modules(source, context, placing);
}

void write_config(const TuningContext& context, NewAdapter& out) {
  out.config.rank = context.job.tuning.rank;
  out.config.transposed = context.architecture.transposed;
  out.config.target_modules = context.job.tuning.targets.empty()
                                  ? context.architecture.roles.query_value
                                  : context.job.tuning.targets;
  std::sort(out.config.target_modules.begin(), out.config.target_modules.end());
  if (context.job.tuning.blocks != "all" || reach_further(context, out.config.target_modules)) {
    out.config.layers_to_transform = tuned_blocks(context);
  }
}

}  // namespace

void write_lora(const TuningContext& context, const State& state, NewAdapter& out) {
  for (const Tunable& tunable : all_tunables(context)) {
    out.tensors[placing(tunable.name, tunable.shape).name] = state.at(tunable.name);
  }
  write_config(context, out);
  out.config.alpha = lora_alpha(context.job);
  out.config.rslora = context.job.tuning.rslora;
}

// SVFit's change U diag(s - s0) V^T as a product of rank r at scale 1.
void write_svfit(const TuningContext& context, const State& state, NewAdapter& out) {
  for (const Target& target : targets_of(context)) {
    const StoredSvd svd = stored_svd(context, target);
    out.tensors[target.name + kLoraA] = svd.vt.contiguous();
    out.tensors[target.name + kLoraB] =
        (svd.u * (state.at(target.stem("svfit")) - svd.s)).contiguous();
  }
  write_config(context, out);
  out.config.alpha = static_cast<double>(context.job.tuning.rank);
}

const PeftType kLoraType = {
    .name = "LORA", .in_modules = true, .configure = configure, .read = read};

}  // namespace cleave
