// Row-wise layers over named weights: linear, layer norm and RMS norm. They hold tensors and no
// state, and never read a layout.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "common/model/sites.h"

namespace cleave {

// What layers are made from: the tensor of a canonical name, in the shape asked for (DataError
// otherwise), and what acts around them. Whether a tensor is mapped, converted or trainable is the
// source's business.
struct WeightSource {
  using Get =
      std::function<at::Tensor(const std::string& name, const std::vector<std::int64_t>& shape)>;
  using Site =
      std::function<LinearSite(const std::string& name, std::int64_t in, std::int64_t out)>;

  Get get;
  Site site;                                      // may be empty
  std::function<KeyValues(std::int64_t)> prefix;  // of a block; may be empty

  template <class F>
  requires std::is_invocable_r_v < at::Tensor, F, const std::string&,
      const std::vector<std::int64_t>
  & > WeightSource(F get) : get(std::move(get)) {}
  WeightSource() = default;

  at::Tensor operator()(const std::string& name, const std::vector<std::int64_t>& shape) const {
    return get(name, shape);
  }
};

// The same source with `sites` in it. Their tensors are held, not copied.
WeightSource with_sites(WeightSource source, const Sites& sites);
// The same source, asked only once for each tensor.
WeightSource remembered(WeightSource source);

struct Linear {
  at::Tensor weight;  // (out, in)
  at::Tensor bias;    // (out); undefined where there is none
  LinearSite site = {};

  at::Tensor operator()(const at::Tensor& x) const;  // (R, in) -> (R, out)
  // Nothing acts around it, and neither tensor is trained.
  bool frozen() const;
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

KeyValues prefix_of(const WeightSource& weights, std::int64_t block);
Linear make_linear(const WeightSource& weights, const std::string& name, std::int64_t in,
                   std::int64_t out);
Linear make_linear_without_bias(const WeightSource& weights, const std::string& name,
                                std::int64_t in, std::int64_t out);
LayerNorm make_layer_norm(const WeightSource& weights, const std::string& name, std::int64_t width,
                          double eps);

}  // namespace cleave
