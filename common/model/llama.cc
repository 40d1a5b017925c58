// Llama: RMS norms, rotary positions, grouped keys and values, a gated feed-forward, biases or
// none. Tensor names and order of operations: spec peft_format.md 6.
#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/model/architecture.h"
#include "common/model/attention.h"
#include "common/model/config_fields.h"
#include "common/model/rope_keys.h"
#include "common/model/token_embedder.h"

namespace cleave {
namespace {

using at::Tensor;

// down(f(gate x) * up x), where f is silu in all but a few
struct Gated {
  Linear gate, up, down;
  Activation f = Activation::kSilu;

  Tensor operator()(const Tensor& x) const { return down(activated(gate(x), f) * up(x)); }
};

class LlamaBlock : public Block {
 public:
  LlamaBlock(const ModelConfig& config, const WeightSource& weights, std::int64_t layer) {
    const std::string name = "layers." + std::to_string(layer) + ".";
    const std::int64_t d = config.hidden, own = config.heads * config.head_width();
    const std::int64_t shared = config.kv_heads * config.head_width();
    const auto linear = [&](const char* part, std::int64_t in, std::int64_t out, bool bias) {
      return (bias ? make_linear : make_linear_without_bias)(weights, name + part, in, out);
    };
    const bool qkv = config.qkv_bias, output = config.output_bias, mlp = config.mlp_bias;
    before_ = {weights(name + "input_layernorm.weight", {d}), config.norm_eps};
    attention_ = {linear("self_attn.q_proj", d, own, qkv),
                  linear("self_attn.k_proj", d, shared, qkv),
                  linear("self_attn.v_proj", d, shared, qkv),
                  linear("self_attn.o_proj", own, d, output),
                  config.heads,
                  Sight::kUpToItself,
                  config.kv_heads,
                  config.rope_theta,
                  prefix_of(weights, layer)};
    after_ = {weights(name + "post_attention_layernorm.weight", {d}), config.norm_eps};
    mlp_ = {linear("mlp.gate_proj", d, config.intermediate, mlp),
            linear("mlp.up_proj", d, config.intermediate, mlp),
            linear("mlp.down_proj", config.intermediate, d, mlp), config.activation};
  }

  Tensor operator()(const Tensor& x, const Layout& layout) const override {
    const Tensor a = attention_(before_(x), layout).add_(x);  // (R, D)
    return mlp_(after_(a)).add_(a);                           // (R, D)
  }

 private:
  RmsNorm before_, after_;
  SelfAttention attention_;
  Gated mlp_;
};

void read_config(JsonFields& config, ModelConfig& out) {
  out.hidden = 4096;
  out.layers = out.heads = 32;
  out.intermediate = 11008;
  out.vocabulary = 32000;
  out.positions = 2048;
  read_sizes(config, out);
  read_text_sizes(config, out);
  out.kv_heads = size_or(config, "num_key_value_heads", out.heads);
  out.head_dim = size_or(config, "head_dim", 0);
  if (out.head_width() % 2 != 0) {
    throw DataError(config.file() + ": head_dim = " + std::to_string(out.head_width()) +
                    " must be even, since halves of a head are turned together");
  }
  out.norm_eps = number_or(config, "rms_norm_eps", 1e-6);
  out.rope_theta = read_rope(config);
  out.qkv_bias = out.output_bias = config.flag_or("attention_bias", false);
  out.mlp_bias = config.flag_or("mlp_bias", false);
  out.tied = config.flag_or("tie_word_embeddings", false);
  config.expect_off({"add_cross_attention", "is_encoder_decoder"});
  // Dropout is not applied; slices of a product are the product; rows never see later ones.
  config.ignore({"attention_dropout", "pretraining_tp", "max_sequence_length", "is_decoder"});
}

std::unique_ptr<Embedder> make_embedder(const ModelConfig& config, const WeightSource& weights) {
  return std::make_unique<TokenEmbedder>(
      weights("embed_tokens.weight", {config.vocabulary, config.hidden}), Tensor(),
      config.positions);
}

std::unique_ptr<Block> make_block(const ModelConfig& config, const WeightSource& weights,
                                  std::int64_t layer) {
  return std::make_unique<LlamaBlock>(config, weights, layer);
}

Norm make_final_norm(const ModelConfig& config, const WeightSource& weights) {
  return RmsNorm{weights("norm.weight", {config.hidden}), config.norm_eps};
}

}  // namespace

const Architecture kLlama = {
    .model_type = "llama",
    .prefix = "model.",
    .causal = true,
    .transposed = false,
    .roles = {{"q_proj", "v_proj"}, {"k_proj", "v_proj"}, {"o_proj", "down_proj"}, {"down_proj"}},
    .words = "embed_tokens.weight",
    .output = "lm_head.weight",
    .task_class = {.name = "LlamaForSequenceClassification",
                   .language = "LlamaForCausalLM",
                   .row = Pool::kLast,
                   .classifier = "score",
                   .bias = false},
    .activation = Activation::kSilu,
    .read_config = read_config,
    .make_embedder = make_embedder,
    .make_block = make_block,
    .make_final_norm = make_final_norm,
};

}  // namespace cleave
