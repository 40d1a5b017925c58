// Blocks in bf16 beside the same blocks in fp32: bf16 fills the rows of its kernels up with zeros,
// which must reach neither results nor gradients.
#include <ATen/ATen.h>
#include <ATen/CPUGeneratorImpl.h>
#include <gtest/gtest.h>

#include "common/model/model.h"
#include "tests/support/golden.h"

namespace cleave::testing {
namespace {

using at::Tensor;

constexpr double kHalfDigits = 0.03;  // relative: roundings to 8 bits in every layer

struct Pass {
  Tensor out, grad;  // (R, D)
};

Pass pass(const Model& model, Precision precision, const Tensor& x, const Tensor& grad,
          const Layout& layout) {
  const Body body = make_body(model, Cut{0, 0}, precision);
  const Tensor leaf = x.clone().requires_grad_(true);
  const Tensor out = body(leaf, layout);
  out.backward(grad.to(out.scalar_type()));
  return {out.detach(), leaf.grad()};
}

TEST(HalfPrecision, BlocksGiveWhatTheyGiveInFp32WhateverTheNumberOfRows) {
  const Model model = open_model(golden_folder() / "tiny" / "bert");
  for (const std::int64_t last : {1, 10, 11, 12, 42}) {  // 22, 31, 32, 33 and 63 rows in all
    Layout layout;
    layout.lengths = {4, 4, 13, last};
    const at::Generator generator = at::make_generator<at::CPUGeneratorImpl>(1);
    const Tensor x = at::randn({layout.rows(), model.config.hidden}, generator);
    const Tensor grad = at::randn(x.sizes(), generator);
    const Pass full = pass(model, Precision::kFp32, x, grad, layout);
    const Pass half = pass(model, Precision::kBf16, x, grad, layout);
    ASSERT_EQ(half.out.sizes(), x.sizes());
    EXPECT_LE(relative_difference(half.out, full.out), kHalfDigits) << last;
    EXPECT_LE(relative_difference(half.grad, full.grad), kHalfDigits) << last;
  }
}

}  // namespace
}  // namespace cleave::testing
