// LN_TUNING: "MODULE.ln_tuning_layers.weight" and ".bias" stand in place of a norm's own. The norm
// after the last block is among them here, though it is the tail's in a state.
#include <ATen/ATen.h>

#include <set>

#include "common/model/inventory.h"
#include "common/peft/module_tensors.h"
#include "common/peft/tail_tensors.h"

namespace cleave {
namespace {

StoredAs placing(const std::string& name, const std::vector<std::int64_t>& shape) {
  const std::string rest = rest_of(name);  // "MODULE.weight"
  const std::size_t dot = rest.rfind('.');
  return {rest.substr(0, dot), norm_in_ln_tuning(rest), shape};
}

std::string module_of(const std::string& name) { return name.substr(0, name.rfind('.')); }

// Those of its vectors that are a norm's: only a norm's weight is a vector.
void add_norms(const Inventory& inventory, std::vector<ModuleTensor>& out) {
  std::set<std::string> norms;
  for (const VectorName& vector : inventory.vectors) {
    const std::string module = module_of(vector.name);
    if (vector.name == module + ".weight") norms.insert(module);
  }
  for (const VectorName& vector : inventory.vectors) {
    const std::string module = module_of(vector.name);
    if (norms.contains(module)) out.push_back({module, norm_in_ln_tuning(vector.name)});
  }
}

Inventory final_norm(const Model& model) {
  Inventory out;
  if (model.architecture->make_final_norm == nullptr) return out;
  model.architecture->make_final_norm(
      model.config, [&](const std::string& name, const std::vector<std::int64_t>& shape) {
        out.vectors.push_back({name, shape.at(0)});
        return at::empty(shape, at::device(at::kMeta).dtype(at::kFloat));
      });
  return out;
}

std::vector<ModuleTensor> norm_tensors(const Model& model) {
  std::vector<ModuleTensor> out;
  add_norms(inventory_of_embedding(model.config, *model.architecture), out);
  for (std::int64_t block = 0; block < model.config.layers; ++block) {
    add_norms(inventory_of_block(model.config, *model.architecture, block), out);
  }
  add_norms(final_norm(model), out);
  return out;
}

void configure(const AdapterSource& source, Job& job) {
  expect_chosen(source, norm_tensors(source.model));
  job.tuning.method = "norm";
  configure_blocks(source, norm_in_ln_tuning(".weight"), job);
}

State read(const AdapterSource& source, const TuningContext& context) {
  return read_modules(source, context, placing);
}

}  // namespace

void write_norms(const TuningContext& context, const State& state, NewAdapter& out) {
  std::set<std::string> ends;
  for (const Tunable& tunable : all_tunables(context)) {
    const std::string module = placing(tunable.name, tunable.shape).module;
    ends.insert(module.substr(module.rfind('.') + 1));
  }
  write_modules(context, state, placing, {ends.begin(), ends.end()}, out);
}

const PeftType kLnTuning = {
    .name = "LN_TUNING", .in_modules = true, .configure = configure, .read = read};

}  // namespace cleave
