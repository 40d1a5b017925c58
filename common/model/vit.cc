// ViT and DeiT: patches as tokens, pre-norm blocks, a norm after the last one.
// Tensor names and order of operations: spec peft_format.md 6.
#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/model/architecture.h"
#include "common/model/attention.h"
#include "common/model/config_fields.h"
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
    const auto projection = config.qkv_bias ? make_linear : make_linear_without_bias;
    attention_ = {projection(weights, name + "attention.attention.query", width, width),
                  projection(weights, name + "attention.attention.key", width, width),
                  projection(weights, name + "attention.attention.value", width, width),
                  make_linear(weights, name + "attention.output.dense", width, width),
                  config.heads};
    attention_.prefix = prefix_of(weights, layer);
    after_ = make_layer_norm(weights, name + "layernorm_after", width, config.norm_eps);
    mlp_ = {make_linear(weights, name + "intermediate.dense", width, config.intermediate),
            make_linear(weights, name + "output.dense", config.intermediate, width),
            config.activation};
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

void read_config(JsonFields& config, ModelConfig& out) {
  read_sizes(config, out);
  out.norm_eps = number_or(config, "layer_norm_eps", 1e-12);
  out.qkv_bias = config.flag_or("qkv_bias", true);
  out.image_size = side_or(config, "image_size", 224);
  out.patch_size = side_or(config, "patch_size", 16);
  out.channels = size_or(config, "num_channels", 3);
  if (out.channels != 1 && out.channels != 3) config.bad("num_channels", "1 or 3");
  if (out.image_size % out.patch_size != 0) {
    throw DataError(config.file() + ": image_size must be a multiple of patch_size");
  }
  if (config.has("head_dim")) config.expect("head_dim", out.hidden / out.heads);
  config.expect_off({"is_decoder", "is_encoder_decoder"});
  // Dropout is not applied; a pooler and a decoder are of other task classes.
  config.ignore({"hidden_dropout_prob", "attention_probs_dropout_prob", "encoder_stride",
                 "pooler_act", "pooler_output_size", "tie_word_embeddings"});
  out.images =
      load_image_settings(fs::path(config.file()).parent_path(), out.channels, out.image_size);
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
