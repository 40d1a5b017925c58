// ViT and DeiT: patches as tokens, pre-norm blocks, a norm after the last one.
// Tensor names and order of operations: spec peft_format.md 6.
#include <ATen/ATen.h>

#include "common/model/architecture.h"
#include "common/model/attention.h"
#include "common/model/feed_forward.h"
#include "common/model/vit_embedder.h"

namespace cleave {
namespace {

using at::Tensor;
namespace fs = std::filesystem;

class VitBlock : public Block {
 public:
  VitBlock(const ModelConfig& config, const WeightSource& weights, std::int64_t layer) {
    const std::string name = "encoder.layer." + std::to_string(layer) + ".";
    const std::int64_t width = config.hidden;
    before_ = make_layer_norm(weights, name + "layernorm_before", width, config.norm_eps);
    attention_ = {make_linear(weights, name + "attention.attention.query", width, width),
                  make_linear(weights, name + "attention.attention.key", width, width),
                  make_linear(weights, name + "attention.attention.value", width, width),
                  make_linear(weights, name + "attention.output.dense", width, width),
                  config.heads};
    attention_.prefix = prefix_of(weights, layer);
    after_ = make_layer_norm(weights, name + "layernorm_after", width, config.norm_eps);
    mlp_ = {make_linear(weights, name + "intermediate.dense", width, config.intermediate),
            make_linear(weights, name + "output.dense", config.intermediate, width)};
  }

  Tensor operator()(const Tensor& x, const Layout& layout) const override {
    const Tensor a = attention_(before_(x), layout).add_(x);  // (R, D)
    return mlp_(after_(a)).add_(a);                           // (R, D)
  }

 private:
  LayerNorm before_, after_;
  SelfAttention attention_;
  FeedForward mlp_;
};

void read_pixel_statistics(const fs::path& folder, ModelConfig& out) {
  const auto count = static_cast<std::size_t>(out.channels);
  out.image_mean.assign(count, 0.5);
  out.image_std.assign(count, 0.5);
  const fs::path file = folder / "preprocessor_config.json";
  if (!fs::exists(file)) return;
  const ConfigReader config(file);
  if (config.has("image_mean")) out.image_mean = config.numbers("image_mean", count);
  if (config.has("image_std")) out.image_std = config.numbers("image_std", count);
}

void read_config(const ConfigReader& config, ModelConfig& out) {
  read_sizes(config, out);
  out.norm_eps = config.number("layer_norm_eps");
  config.expect("hidden_act", "gelu");
  out.image_size = config.size("image_size");
  out.patch_size = config.size("patch_size");
  out.channels = config.has("num_channels") ? config.size("num_channels") : 3;
  if (out.channels != 1 && out.channels != 3) config.bad("num_channels", "1 or 3");
  if (out.image_size % out.patch_size != 0) config.bad("image_size", "a multiple of patch_size");
  read_pixel_statistics(fs::path(config.file()).parent_path(), out);
}

std::unique_ptr<Embedder> make_embedder(const ModelConfig& config, const WeightSource& weights) {
  return std::make_unique<VitEmbedder>(config, weights);
}

std::unique_ptr<Block> make_block(const ModelConfig& config, const WeightSource& weights,
                                  std::int64_t layer) {
  return std::make_unique<VitBlock>(config, weights, layer);
}

Norm make_final_norm(const ModelConfig& config, const WeightSource& weights) {
  return make_layer_norm(weights, "layernorm", config.hidden, config.norm_eps);
}

}  // namespace

const Architecture kVit = {
    .model_type = "vit",
    .prefix = "vit.",
    .causal = false,
    .transposed = false,
    .roles = {{"query", "value"}, {"key", "value"}, {"output.dense"}, {"output.dense"}},
    .words = {},
    .output = {},
    .task_class = {.name = "ViTForImageClassification"},
    .read_config = read_config,
    .make_embedder = make_embedder,
    .make_block = make_block,
    .make_final_norm = make_final_norm,
};

}  // namespace cleave
