#include "common/model/layers.h"

#include <ATen/ATen.h>

#include <memory>
#include <mutex>

namespace cleave {
namespace {

// Several at one layer: their inputs one after another, then their outputs.
LinearSite in_turn(std::vector<LinearSite> sites) {
  if (sites.size() == 1) return sites.front();
  LinearSite out;
  out.before = [sites](at::Tensor x) {
    for (const LinearSite& site : sites) x = site.before ? site.before(x) : x;
    return x;
  };
  out.after = [sites](const at::Tensor& x, at::Tensor y) {
    for (const LinearSite& site : sites) y = site.after ? site.after(x, y) : y;
    return y;
  };
  return out;
}

}  // namespace

at::Tensor Linear::operator()(const at::Tensor& x) const {
  const at::Tensor in = site.before ? site.before(x) : x;
  // A bias that is trained stays in fp32.
  const at::Tensor out = bias.defined() ? at::linear(in, weight, bias.to(weight.scalar_type()))
                                        : at::linear(in, weight);
  return site.after ? site.after(in, out) : out;
}

bool Linear::frozen() const {
  return !site.before && !site.after && !weight.requires_grad() &&
         !(bias.defined() && bias.requires_grad());
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

WeightSource with_sites(WeightSource source, const Sites& sites) {
  WeightSource out = source;
  out.get = [source, stored = sites.stored](const std::string& name,
                                            const std::vector<std::int64_t>& shape) {
    const auto own = stored.find(name);
    return own == stored.end() ? source(name, shape) : own->second;
  };
  out.site = [all = sites.linear](const std::string& name, std::int64_t, std::int64_t) {
    const auto own = all.find(name);
    return own == all.end() ? LinearSite() : in_turn(own->second);
  };
  out.prefix = [all = sites.prefix](std::int64_t block) {
    const auto own = all.find(block);
    return own == all.end() ? KeyValues() : own->second;
  };
  return out;
}

WeightSource remembered(WeightSource source) {
  auto known = std::make_shared<std::map<std::string, at::Tensor>>();
  return [source = std::move(source), known, turn = std::make_shared<std::mutex>()](
             const std::string& name, const std::vector<std::int64_t>& shape) {
    const std::lock_guard lock(*turn);
    at::Tensor& tensor = (*known)[name];
    if (!tensor.defined()) tensor = source(name, shape);
    return tensor;
  };
}

KeyValues prefix_of(const WeightSource& weights, std::int64_t block) {
  return weights.prefix ? weights.prefix(block) : KeyValues();
}

Linear make_linear(const WeightSource& weights, const std::string& name, std::int64_t in,
                   std::int64_t out) {
  Linear linear = make_linear_without_bias(weights, name, in, out);
  linear.bias = weights(name + ".bias", {out});
  return linear;
}

Linear make_linear_without_bias(const WeightSource& weights, const std::string& name,
                                std::int64_t in, std::int64_t out) {
  return {weights(name + ".weight", {out, in}),
          {},
          weights.site ? weights.site(name, in, out) : LinearSite()};
}

LayerNorm make_layer_norm(const WeightSource& weights, const std::string& name, std::int64_t width,
                          double eps) {
  return {weights(name + ".weight", {width}), weights(name + ".bias", {width}), eps};
}

}  // namespace cleave
