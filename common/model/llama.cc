// Llama: RMS norms, rotary positions, grouped keys and values, SwiGLU, no biases.
// Tensor names and order of operations: spec peft_format.md 6.
#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/model/architecture.h"
#include "common/model/attention.h"
#include "common/model/token_embedder.h"

namespace cleave {
namespace {

using at::Tensor;

// down(silu(gate x) * up x)
struct SwiGlu {
  Linear gate, up, down;

  Tensor operator()(const Tensor& x) const { return down(at::silu(gate(x)) * up(x)); }
};

class LlamaBlock : public Block {
 public:
  LlamaBlock(const ModelConfig& config, const WeightSource& weights, std::int64_t layer) {
    const std::string name = "layers." + std::to_string(layer) + ".";
    const std::int64_t d = config.hidden, shared = config.kv_heads * config.head_width();
    const auto linear = [&](const char* part, std::int64_t in, std::int64_t out) {
      return make_linear_without_bias(weights, name + part, in, out);
    };
    before_ = {weights(name + "input_layernorm.weight", {d}), config.norm_eps};
    attention_ = {linear("self_attn.q_proj", d, d),
                  linear("self_attn.k_proj", d, shared),
                  linear("self_attn.v_proj", d, shared),
                  linear("self_attn.o_proj", d, d),
                  config.heads,
                  Sight::kUpToItself,
                  config.kv_heads,
                  config.rope_theta,
                  prefix_of(weights, layer)};
    after_ = {weights(name + "post_attention_layernorm.weight", {d}), config.norm_eps};
    mlp_ = {linear("mlp.gate_proj", d, config.intermediate),
            linear("mlp.up_proj", d, config.intermediate),
            linear("mlp.down_proj", config.intermediate, d)};
  }

  Tensor operator()(const Tensor& x, const Layout& layout) const override {
    const Tensor a = attention_(before_(x), layout).add_(x);  // (R, D)
    return mlp_(after_(a)).add_(a);                           // (R, D)
  }

 private:
  RmsNorm before_, after_;
  SelfAttention attention_;
  SwiGlu mlp_;
};

void read_config(const ConfigReader& config, ModelConfig& out) {
  read_sizes(config, out);
  read_text_sizes(config, out);
  out.kv_heads = config.has("num_key_value_heads") ? config.size("num_key_value_heads") : out.heads;
  out.norm_eps = config.number("rms_norm_eps");
  // Newer files have an object, older ones a number, the oldest neither.
  out.rope_theta = 10'000;
  if (config.has("rope_theta")) out.rope_theta = config.number("rope_theta");
  if (config.has("rope_parameters")) {
    out.rope_theta = config.number_in("rope_parameters", "rope_theta");
    config.expect_in("rope_parameters", "rope_type", "default");
  }
  if (!(out.rope_theta > 0)) throw DataError(config.file() + ": rope_theta must be above 0");
  if (config.has("rope_scaling")) config.bad("rope_scaling", "null, the only one supported");
  config.expect("hidden_act", "silu");
  config.expect_flag("attention_bias", false);
  config.expect_flag("mlp_bias", false);
  if (config.has("head_dim") && config.size("head_dim") * out.heads != out.hidden) {
    config.bad("head_dim", "hidden_size / num_attention_heads");
  }
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
    .read_config = read_config,
    .make_embedder = make_embedder,
    .make_block = make_block,
    .make_final_norm = make_final_norm,
};

}  // namespace cleave
