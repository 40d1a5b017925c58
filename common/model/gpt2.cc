// GPT-2: pre-norm causal blocks, learned positions, GELU by tanh, a norm after the last block.
// Weights are stored (in, out). Tensor names and order of operations: spec peft_format.md 6.
#include <ATen/ATen.h>

#include "common/model/architecture.h"
#include "common/model/attention.h"
#include "common/model/feed_forward.h"
#include "common/model/token_embedder.h"

namespace cleave {
namespace {

using at::Tensor;

Linear transposed(const WeightSource& weights, const std::string& name, std::int64_t in,
                  std::int64_t out) {
  return {weights(name + ".weight", {in, out}).t(), weights(name + ".bias", {out}),
          weights.site ? weights.site(name, in, out) : LinearSite()};
}

class Gpt2Block : public Block {
 public:
  Gpt2Block(const ModelConfig& config, const WeightSource& weights, std::int64_t layer) {
    const std::string name = "h." + std::to_string(layer) + ".";
    const std::int64_t d = config.hidden;
    before_ = make_layer_norm(weights, name + "ln_1", d, config.norm_eps);
    attention_ = {.query = transposed(weights, name + "attn.c_attn", d, 3 * d),
                  .key = {},
                  .value = {},
                  .output = transposed(weights, name + "attn.c_proj", d, d),
                  .heads = config.heads,
                  .sight = Sight::kUpToItself,
                  .prefix = prefix_of(weights, layer)};
    after_ = make_layer_norm(weights, name + "ln_2", d, config.norm_eps);
    mlp_ = {transposed(weights, name + "mlp.c_fc", d, config.intermediate),
            transposed(weights, name + "mlp.c_proj", config.intermediate, d), Gelu::kTanh};
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

void read_config(const ConfigReader& config, ModelConfig& out) {
  out.hidden = config.size("n_embd");
  out.layers = config.size("n_layer");
  out.heads = config.size("n_head");
  out.intermediate = config.has("n_inner") ? config.size("n_inner") : 4 * out.hidden;
  out.vocabulary = config.size("vocab_size");
  out.positions = config.size("n_positions");
  out.norm_eps = config.number("layer_norm_epsilon");
  config.expect("activation_function", "gelu_new");
  config.expect_flag("scale_attn_weights", true);
  config.expect_flag("scale_attn_by_inverse_layer_idx", false);
  config.expect_flag("add_cross_attention", false);
}

std::unique_ptr<Embedder> make_embedder(const ModelConfig& config, const WeightSource& weights) {
  return std::make_unique<TokenEmbedder>(weights("wte.weight", {config.vocabulary, config.hidden}),
                                         weights("wpe.weight", {config.positions, config.hidden}),
                                         config.positions);
}

std::unique_ptr<Block> make_block(const ModelConfig& config, const WeightSource& weights,
                                  std::int64_t layer) {
  return std::make_unique<Gpt2Block>(config, weights, layer);
}

Norm make_final_norm(const ModelConfig& config, const WeightSource& weights) {
  return make_layer_norm(weights, "ln_f", config.hidden, config.norm_eps);
}

}  // namespace

const Architecture kGpt2 = {
    .model_type = "gpt2",
    .prefix = "transformer.",
    .causal = true,
    .transposed = true,
    .roles = {{"c_attn"}, {"c_attn"}, {"c_proj"}, {"mlp.c_proj"}},
    .words = "wte.weight",
    .output = "lm_head.weight",
    .task_class = {.name = "GPT2ForSequenceClassification",
                   .language = "GPT2LMHeadModel",
                   .row = Pool::kLast,
                   .classifier = "score",
                   .bias = false},
    .position_table = "wpe.weight",
    .read_config = read_config,
    .make_embedder = make_embedder,
    .make_block = make_block,
    .make_final_norm = make_final_norm,
};

}  // namespace cleave
