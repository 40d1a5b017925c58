// LN_TUNING: "MODULE.ln_tuning_layers.weight" and ".bias" stand in place of a norm's own. The norm
// after the last block is among them here, though it is the tail's in a state.
#include <set>

#include "common/peft/module_tensors.h"
#include "common/peft/tail_tensors.h"

namespace cleave {
namespace {

StoredAs placing(const std::string& name, const std::vector<std::int64_t>& shape) {
  const std::string rest = rest_of(name);  // "MODULE.weight"
  const std::size_t dot = rest.rfind('.');
  return {rest.substr(0, dot), norm_in_ln_tuning(rest), shape};
}

void configure(const AdapterSource& source, Job& job) {
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
