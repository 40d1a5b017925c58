#include "common/model/inventory.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace cleave {
namespace {

// Notes what it is asked for and gives empty tensors.
WeightSource recorder(Inventory& out) {
  WeightSource source = [&out](const std::string& name, const std::vector<std::int64_t>& shape) {
    if (shape.size() == 1) out.vectors.push_back({name, shape[0]});
    return at::empty(shape, at::device(at::kMeta).dtype(at::kFloat));
  };
  source.site = [&out](const std::string& name, std::int64_t in, std::int64_t width) {
    out.linears.push_back({name, in, width});
    return LinearSite();
  };
  return source;
}

}  // namespace

bool ends_in(const std::string& name, const std::string& target) {
  if (name.size() <= target.size()) return name == target;
  return name.compare(name.size() - target.size() - 1, std::string::npos, "." + target) == 0;
}

bool ends_in_any(const std::string& name, const std::vector<std::string>& targets) {
  return std::any_of(targets.begin(), targets.end(),
                     [&](const std::string& target) { return ends_in(name, target); });
}

std::vector<LinearName> Inventory::matching(const std::vector<std::string>& targets) const {
  std::vector<LinearName> out;
  for (const LinearName& linear : linears) {
    if (ends_in_any(linear.name, targets)) out.push_back(linear);
  }
  return out;
}

Inventory inventory_of_block(const ModelConfig& config, const Architecture& architecture,
                             std::int64_t block) {
  Inventory out;
  architecture.make_block(config, recorder(out), block);
  return out;
}

Inventory inventory_of_embedding(const ModelConfig& config, const Architecture& architecture) {
  Inventory out;
  architecture.make_embedder(config, recorder(out));
  return out;
}

}  // namespace cleave
