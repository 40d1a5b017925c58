#include "common/tuning/targets.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "common/base/error.h"

namespace cleave {
namespace {

void check_known(const std::vector<std::string>& wanted, const Inventory& inventory) {
  for (const std::string& target : wanted) {
    if (!inventory.matching({target}).empty()) continue;
    std::string known;
    for (const LinearName& linear : inventory.linears) known += "\n  " + linear.name;
    throw DataError("tuning.targets: no linear layer is called \"" + target +
                    "\"; the first block has" + known);
  }
}

}  // namespace

std::string Target::stem(std::string_view method) const {
  return std::string(method) + "." + std::to_string(block) + "." + name;
}

std::vector<Target> targets_of(const TuningContext& context) {
  const std::vector<std::string>& wanted = context.job.tuning.targets;
  return targets_of(context, wanted.empty() ? context.architecture.roles.query_value : wanted);
}

std::vector<Target> targets_of(const TuningContext& context, const std::vector<std::string>& ends) {
  std::vector<Target> targets;
  for (const std::int64_t block : tuned_blocks(context)) {
    const Inventory inventory = inventory_of_block(context.config, context.architecture, block);
    if (targets.empty()) check_known(ends, inventory);
    for (const LinearName& linear : inventory.matching(ends)) {
      targets.push_back({block, linear.name, linear.in, linear.out});
    }
  }
  return targets;
}

std::vector<Target> targets_in(std::vector<Target> targets, const State& state,
                               std::string_view method, const std::string& suffix) {
  std::erase_if(targets,
                [&](const Target& target) { return !state.has(target.stem(method) + suffix); });
  return targets;
}

at::Tensor stored_weight(const TuningContext& context, const Target& target) {
  const std::string name = target.name + ".weight";
  return context.architecture.transposed ? context.stored(name, {target.in, target.out}).t()
                                         : context.stored(name, {target.out, target.in});
}

at::Tensor uniform_tensor(const std::vector<std::int64_t>& shape, double bound, Stream& stream) {
  at::Tensor out = at::empty(shape, at::kFloat);
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    out.data_ptr<float>()[i] = static_cast<float>((2 * stream.uniform() - 1) * bound);
  }
  return out;
}

}  // namespace cleave
