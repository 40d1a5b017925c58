#include "common/model/layers.h"

#include <ATen/ATen.h>

namespace cleave {

at::Tensor Linear::operator()(const at::Tensor& x) const { return at::linear(x, weight, bias); }

at::Tensor LayerNorm::operator()(const at::Tensor& x) const {
  return at::layer_norm(x, {weight.size(0)}, weight, bias, eps, /*cudnn_enable=*/false);
}

Linear make_linear(const WeightSource& weights, const std::string& name, std::int64_t in,
                   std::int64_t out) {
  return {weights(name + ".weight", {out, in}), weights(name + ".bias", {out})};
}

LayerNorm make_layer_norm(const WeightSource& weights, const std::string& name, std::int64_t width,
                          double eps) {
  return {weights(name + ".weight", {width}), weights(name + ".bias", {width}), eps};
}

}  // namespace cleave
