// Row-wise layers over named weights: linear, layer norm and RMS norm. They hold tensors and no
// state, and never read a layout.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace cleave {

// Gives the tensor of a canonical name, in the shape asked for; throws DataError otherwise.
// Whether a tensor is mapped, converted or trainable is the source's business.
using WeightSource =
    std::function<at::Tensor(const std::string& name, const std::vector<std::int64_t>& shape)>;

struct Linear {
  at::Tensor weight;  // (out, in)
  at::Tensor bias;    // (out); undefined where there is none

  at::Tensor operator()(const at::Tensor& x) const;  // (R, in) -> (R, out)
};

struct LayerNorm {
  at::Tensor weight, bias;  // (D)
  double eps = 1e-12;

  at::Tensor operator()(const at::Tensor& x) const;  // (R, D) -> (R, D)
};

// x / sqrt(mean(x^2) + eps) * weight, in fp32 (fp64 for fp64).
struct RmsNorm {
  at::Tensor weight;  // (D)
  double eps = 1e-5;

  at::Tensor operator()(const at::Tensor& x) const;  // (R, D) -> (R, D)
};

// Whichever a family uses after its last block; empty: none.
using Norm = std::function<at::Tensor(const at::Tensor& x)>;

Linear make_linear(const WeightSource& weights, const std::string& name, std::int64_t in,
                   std::int64_t out);
Linear make_linear_without_bias(const WeightSource& weights, const std::string& name,
                                std::int64_t in, std::int64_t out);
LayerNorm make_layer_norm(const WeightSource& weights, const std::string& name, std::int64_t width,
                          double eps);

}  // namespace cleave
