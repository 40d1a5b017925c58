// IA3 (Liu et al. 2022): "MODULE.ia3_l", (out, 1) where it scales what a module gives and (1, in)
// where it scales what a feed-forward module takes.
#include <algorithm>

#include "common/model/inventory.h"
#include "common/peft/module_tensors.h"

namespace cleave {
namespace {

constexpr const char* kScale = ".ia3_l";

Placing placing_for(const Architecture& architecture) {
  return [&architecture](const std::string& name, const std::vector<std::int64_t>& shape) {
    const std::string module = rest_of(name);
    const bool input = ends_in_any(module, architecture.roles.feed_forward_ends);
    const std::int64_t size = shape.at(0);
    return StoredAs{
        module, module + kScale,
        input ? std::vector<std::int64_t>{1, size} : std::vector<std::int64_t>{size, 1}};
  };
}

void configure(const AdapterSource& source, Job& job) {
  expect_chosen(source, linear_tensors(source.model, {kScale}));
  job.tuning.method = "ia3";
  configure_blocks(source, kScale, job);
}

State read(const AdapterSource& source, const TuningContext& context) {
  return read_modules(source, context, placing_for(context.architecture));
}

}  // namespace

void write_ia3(const TuningContext& context, const State& state, NewAdapter& out) {
  const LinearRoles& roles = context.architecture.roles;
  std::vector<std::string> ends = roles.key_value;
  ends.insert(ends.end(), roles.feed_forward_ends.begin(), roles.feed_forward_ends.end());
  write_modules(context, state, placing_for(context.architecture), ends, out);
  out.config.transposed = context.architecture.transposed;
  for (const std::string& module : out.config.target_modules) {
    if (ends_in_any(module, roles.feed_forward_ends)) {
      out.config.feedforward_modules.push_back(module);
    }
  }
}

const PeftType kIa3Type = {.name = "IA3", .in_modules = true, .configure = configure, .read = read};

}  // namespace cleave
