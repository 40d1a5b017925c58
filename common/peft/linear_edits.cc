#include "common/peft/linear_edits.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace cleave {
namespace {

using at::Tensor;

bool has_bias(const TuningContext& context, const Target& target) {
  const Inventory block = inventory_of_block(context.config, context.architecture, target.block);
  return std::any_of(block.vectors.begin(), block.vectors.end(), [&](const VectorName& vector) {
    return vector.name == target.name + ".bias";
  });
}

}  // namespace

LinearEdits::LinearEdits(const TuningContext& context, std::map<std::string, Tensor> replaced)
    : context_(context), replaced_(std::move(replaced)) {}

Tensor& LinearEdits::weight(const Target& target) {
  Tensor& own = weights_[target.name];
  if (!own.defined()) own = stored_weight(context_, target).to(at::kDouble).clone();
  return own;
}

void LinearEdits::add(const Target& target, const Tensor& change) { weight(target) += change; }

void LinearEdits::scale_output(const Target& target, const Tensor& scale) {
  const Tensor wide = scale.to(at::kDouble);
  weight(target) *= wide.unsqueeze(1);
  if (!has_bias(context_, target)) return;
  const std::string name = target.name + ".bias";
  const auto own = replaced_.find(name);
  const Tensor bias = own == replaced_.end() ? context_.stored(name, {target.out}) : own->second;
  replaced_[name] = bias.to(at::kDouble) * wide;
}

void LinearEdits::scale_input(const Target& target, const Tensor& scale) {
  weight(target);
  Tensor& own = inputs_[target.name];
  own = own.defined() ? own * scale.to(at::kDouble) : scale.to(at::kDouble);
}

void LinearEdits::replace(const std::string& name, const Tensor& value) { replaced_[name] = value; }

std::map<std::string, Tensor> LinearEdits::take() {
  for (auto& [layer, value] : weights_) {
    const auto input = inputs_.find(layer);
    if (input != inputs_.end()) value *= input->second;
    replaced_[layer + ".weight"] = context_.architecture.transposed ? value.t() : value;
  }
  for (auto& [name, value] : replaced_) value = value.detach().to(at::kFloat).contiguous();
  return std::move(replaced_);
}

}  // namespace cleave
