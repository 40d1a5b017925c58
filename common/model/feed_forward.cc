#include "common/model/feed_forward.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace cleave {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Rows of a slice: few enough that its wide activations are small beside those that are kept,
// enough that packing the weights once more for each costs little.
constexpr std::int64_t kSliceRows = 512;

// Calls f(slice) for all of x's rows, where slice(t) gives a tensor's rows of that slice.
template <class F>
void by_slices(std::int64_t rows, F f) {
  for (std::int64_t begin = 0; begin < rows; begin += kSliceRows) {
    f([begin, count = std::min(kSliceRows, rows - begin)](const Tensor& t) {
      return t.narrow(0, begin, count);
    });
  }
}

struct Frozen : torch::autograd::Function<Frozen> {
  static Tensor forward(AutogradContext* context, const Tensor& x, const Tensor& expand,
                        const Tensor& expand_bias, const Tensor& contract,
                        const Tensor& contract_bias) {
    const Tensor wide = at::linear(x, expand, expand_bias);  // (R, W)
    const Tensor out = at::empty_like(x);
    by_slices(x.size(0), [&](auto slice) {
      Tensor part = slice(out);
      at::addmm_out(part, contract_bias, at::gelu(slice(wide)), contract.t());
    });
    context->save_for_backward({wide, expand, contract});
    return out;
  }

  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &wide = saved[0], &expand = saved[1], &contract = saved[2];
    const Tensor dx = at::empty_like(grads[0]);
    by_slices(wide.size(0), [&](auto slice) {
      Tensor part = slice(dx);
      const Tensor dwide = at::gelu_backward(at::mm(slice(grads[0]), contract), slice(wide));
      at::mm_out(part, dwide, expand);
    });
    return {dx, Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor FeedForward::operator()(const Tensor& x) const {
  if (expand.weight.requires_grad()) return contract(at::gelu(expand(x)));
  return Frozen::apply(x, expand.weight, expand.bias, contract.weight, contract.bias);
}

}  // namespace cleave
