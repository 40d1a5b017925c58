#include "common/model/layers.h"

#include <ATen/ATen.h>

namespace cleave {

at::Tensor Linear::operator()(const at::Tensor& x) const {
  return bias.defined() ? at::linear(x, weight, bias) : at::linear(x, weight);
}

at::Tensor RmsNorm::operator()(const at::Tensor& x) const {
  const at::ScalarType type = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const at::Tensor wide = x.to(type);
  return (wide * at::rsqrt(wide.square().mean(-1, /*keepdim=*/true) + eps) * weight.to(type))
      .to(x.scalar_type());
}

at::Tensor LayerNorm::operator()(const at::Tensor& x) const {
  const auto norm = [&](const at::Tensor& rows, const at::Tensor& scale, const at::Tensor& shift) {
    return at::layer_norm(rows, {scale.size(0)}, scale, shift, eps, /*cudnn_enable=*/false);
  };
  if (x.scalar_type() != at::kBFloat16) return norm(x, weight, bias);
  // LibTorch 1.13 has no vector code for a norm in bf16: by way of fp32 it takes a quarter the
  // time.
  return norm(x.to(at::kFloat), weight.to(at::kFloat), bias.to(at::kFloat)).to(at::kBFloat16);
}

Linear make_linear(const WeightSource& weights, const std::string& name, std::int64_t in,
                   std::int64_t out) {
  return {weights(name + ".weight", {out, in}), weights(name + ".bias", {out})};
}

Linear make_linear_without_bias(const WeightSource& weights, const std::string& name,
                                std::int64_t in, std::int64_t out) {
  return {weights(name + ".weight", {out, in}), {}};
}

LayerNorm make_layer_norm(const WeightSource& weights, const std::string& name, std::int64_t width,
                          double eps) {
  return {weights(name + ".weight", {width}), weights(name + ".bias", {width}), eps};
}

}  // namespace cleave
