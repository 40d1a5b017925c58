#include "common/tuning/vectors.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "common/base/error.h"

namespace cleave {
namespace {

bool has_suffix(const std::string& name, std::string_view suffix) {
  return name.size() > suffix.size() &&
         std::string_view(name).substr(name.size() - suffix.size()) == suffix;
}

std::string stem_of(const std::string& name) { return name.substr(0, name.rfind('.')); }

// Only a norm's weight is a vector.
bool of_norm(const std::string& name, const Inventory& inventory) {
  return std::any_of(inventory.vectors.begin(), inventory.vectors.end(), [&](const auto& other) {
    return has_suffix(other.name, ".weight") && stem_of(other.name) == stem_of(name);
  });
}

bool wanted(const std::string& name, const Inventory& inventory, Vectors which) {
  const bool bias = has_suffix(name, ".bias"), norm = of_norm(name, inventory);
  return (which != Vectors::kNorms && bias) || (which != Vectors::kBiases && norm);
}

void add(std::vector<Tunable>& out, const TuningContext& context, const std::string& prefix,
         const Inventory& inventory, Vectors which) {
  for (const VectorName& vector : inventory.vectors) {
    if (!wanted(vector.name, inventory, which)) continue;
    out.push_back({prefix + vector.name, {vector.size}, [&context, vector] {
                     return context.stored(vector.name, {vector.size}).clone();
                   }});
  }
}

}  // namespace

std::vector<Tunable> vector_tunables(const TuningContext& context, std::string_view method,
                                     Vectors which) {
  const std::string prefix = std::string(method) + ".";
  std::vector<Tunable> out;
  for (const std::int64_t block : tuned_blocks(context)) {
    add(out, context, prefix + std::to_string(block) + ".",
        inventory_of_block(context.config, context.architecture, block), which);
  }
  if (out.empty()) {
    throw DataError("tuning.method = \"" + std::string(method) + "\": a \"" +
                    context.config.model_type +
                    "\" model has none of these vectors; take \"norm\" "
                    "or \"lora\"");
  }
  if (context.job.tuning.blocks != "body") {
    add(out, context, prefix, inventory_of_embedding(context.config, context.architecture), which);
  }
  return out;
}

std::int64_t scales_alone(const Inventory& inventory) {
  std::int64_t sum = 0;
  for (const VectorName& vector : inventory.vectors) {
    const bool shifted = std::any_of(
        inventory.vectors.begin(), inventory.vectors.end(),
        [&](const VectorName& other) { return other.name == stem_of(vector.name) + ".bias"; });
    if (!shifted) sum += vector.size;
  }
  return sum;
}

void vector_work(const TuningContext& context, MethodWork& out) {
  for (const std::int64_t block : tuned_blocks(context)) {
    out.block[block] +=
        {0, 0, scales_alone(inventory_of_block(context.config, context.architecture, block))};
  }
}

void act_vectors(const State& state, std::string_view method, Sites& sites) {
  const std::string prefix = std::string(method) + ".";
  for (const auto& [name, tensor] : state.tensors) {
    if (name.rfind(prefix, 0) != 0) continue;
    const std::size_t begin = block_of(name) ? name.find('.', prefix.size()) + 1 : prefix.size();
    sites.stored[name.substr(begin)] = tensor;
  }
}

}  // namespace cleave
