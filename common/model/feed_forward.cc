#include "common/model/feed_forward.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "common/model/gelu.h"

namespace cleave {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Rows of a slice: few enough that its wide activations are small beside those that are kept,
// enough that packing the weights once more for each costs little.
constexpr std::int64_t kSliceRows = 384;

// Rows of each slice but the last, evenly dealt.
std::int64_t slice_rows(std::int64_t rows) {
  const std::int64_t slices = (rows + kSliceRows - 1) / kSliceRows;
  return (rows + slices - 1) / slices;
}

// A slice's wide activations, one piece of memory for all slices in turn.
Tensor scratch_for(const Tensor& wide) {
  return at::empty({slice_rows(wide.size(0)), wide.size(1)}, wide.options());
}

// GELU of `wide` into `out`; `wide` then holds what the backward needs: in fp32 the slope, else
// still the input.
void activate(Tensor wide, Tensor out) {
  if (wide.scalar_type() != at::kFloat) {
    at::gelu_out(out, wide);
    return;
  }
  float* const data = wide.data_ptr<float>();
  gelu_with_slope(data, static_cast<std::size_t>(wide.numel()), out.data_ptr<float>(), data);
}

// The gradient of GELU's input from that of its output, in place where the slope was kept.
Tensor activate_backward(Tensor grad, const Tensor& kept) {
  return kept.scalar_type() == at::kFloat ? grad.mul_(kept) : at::gelu_backward(grad, kept);
}

struct Frozen : torch::autograd::Function<Frozen> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& expand,
                        const Tensor& expand_bias, const Tensor& contract,
                        const Tensor& contract_bias) {
    const Tensor wide = at::linear(x, expand, expand_bias);  // (R, W)
    const Tensor out = at::empty_like(x), scratch = scratch_for(wide);
    for (std::int64_t row = 0; row < x.size(0); row += scratch.size(0)) {
      const std::int64_t rows = std::min(scratch.size(0), x.size(0) - row);
      const Tensor active = scratch.narrow(0, 0, rows);
      Tensor part = out.narrow(0, row, rows);
      activate(wide.narrow(0, row, rows), active);
      at::addmm_out(part, contract_bias, active, contract.t());
    }
    context->save_for_backward({wide, expand, contract});
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &wide = saved[0], &expand = saved[1], &contract = saved[2];
    const Tensor dx = at::empty_like(grads[0]), scratch = scratch_for(wide);
    for (std::int64_t row = 0; row < wide.size(0); row += scratch.size(0)) {
      const std::int64_t rows = std::min(scratch.size(0), wide.size(0) - row);
      Tensor dactive = scratch.narrow(0, 0, rows);
      Tensor part = dx.narrow(0, row, rows);
      at::mm_out(dactive, grads[0].narrow(0, row, rows), contract);
      at::mm_out(part, activate_backward(dactive, wide.narrow(0, row, rows)), expand);
    }
    return {dx, Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

// The exact GELU alone, bitwise as Frozen computes it.
struct Activate : torch::autograd::Function<Activate> {
  static Tensor forward(AutogradContext* context, const Tensor& wide) {
    const Tensor kept = wide.detach().contiguous().clone(), out = at::empty_like(kept);
    activate(kept, out);
    context->save_for_backward({kept});
    return out;
  }
  static variable_list backward(AutogradContext* context, variable_list grads) {
    return {activate_backward(grads[0].clone(), context->get_saved_variables()[0])};
  }
};

// With the rows dealt as in Frozen: a product's last bits may depend on how many there are.
Tensor contract_in_slices(const Linear& contract, const Tensor& active) {
  std::vector<Tensor> parts;
  for (const Tensor& slice : active.split(slice_rows(active.size(0)))) {
    parts.push_back(contract(slice));
  }
  return parts.size() == 1 ? parts[0] : at::cat(parts);
}

}  // namespace

Tensor FeedForward::operator()(const Tensor& x) const {
  if (activation != Activation::kGelu) return contract(activated(expand(x), activation));
  if (!expand.frozen() || !contract.frozen()) {
    return contract_in_slices(contract, Activate::apply(expand(x)));
  }
  return Frozen::apply(x, expand.weight, expand.bias, contract.weight, contract.bias);
}

}  // namespace cleave
