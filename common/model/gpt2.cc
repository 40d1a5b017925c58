// GPT-2: pre-norm causal blocks, learned positions, GELU by tanh, a norm after the last block.
// Weights are stored (in, out). Tensor names and order of operations: spec peft_format.md 6.
#include <ATen/ATen.h>

#include "common/model/architecture.h"
#include "common/model/attention.h"
#include "common/model/config_fields.h"
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
            transposed(weights, name + "mlp.c_proj", config.intermediate, d), config.activation};
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

// transformers takes the sizes by the names of other families too.
void read_config(JsonFields& config, ModelConfig& out) {
  out.hidden = size_or(config, "n_embd", "hidden_size", 768);
  out.layers = size_or(config, "n_layer", "num_hidden_layers", 12);
  out.heads = size_or(config, "n_head", "num_attention_heads", 12);
  out.intermediate = size_or(config, "n_inner", 4 * out.hidden);
  out.vocabulary = size_or(config, "vocab_size", 50257);
  out.positions = size_or(config, "n_positions", "max_position_embeddings", 1024);
  out.norm_eps = number_or(config, "layer_norm_epsilon", 1e-5);
  out.activation = read_activation(config, "activation_function", Activation::kGeluTanh);
  out.tied = config.flag_or("tie_word_embeddings", true);
  config.expect("scale_attn_weights", true);
  config.expect_off(
      {"scale_attn_by_inverse_layer_idx", "add_cross_attention", "is_encoder_decoder"});
  // Dropout is not applied; in fp32 upcasting is nothing; a summary is of another task class; rows
  // never see later ones.
  config.ignore({"resid_pdrop", "embd_pdrop", "attn_pdrop", "classifier_dropout",
                 "reorder_and_upcast_attn", "summary_type", "summary_use_proj",
                 "summary_activation", "summary_proj_to_labels", "summary_first_dropout", "n_ctx",
                 "predict_special_tokens", "is_decoder"});
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
    .activation = Activation::kGeluTanh,
    .read_config = read_config,
    .make_embedder = make_embedder,
    .make_block = make_block,
    .make_final_norm = make_final_norm,
};

}  // namespace cleave
