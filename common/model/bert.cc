// BERT (MiniLM among them): post-norm blocks, learned positions, exact GELU.
// Tensor names and order of operations: spec peft_format.md 6.
#include <ATen/ATen.h>

#include "common/model/architecture.h"
#include "common/model/attention.h"
#include "common/model/bert.h"
#include "common/model/config_fields.h"
#include "common/model/feed_forward.h"
#include "common/model/token_embedder.h"

namespace cleave {
namespace {

using at::Tensor;

class BertEmbedder : public Embedder {
 public:
  BertEmbedder(const ModelConfig& config, const WeightSource& weights)
      : words_(weights("embeddings.word_embeddings.weight", {config.vocabulary, config.hidden})),
        first_position_(config.first_position),
        positions_(weights("embeddings.position_embeddings.weight",
                           {config.first_position + config.positions, config.hidden})),
        types_(weights("embeddings.token_type_embeddings.weight",
                       {config.token_types, config.hidden})),
        pair_types_(config.pair_types && config.token_types > 1),
        norm_(make_layer_norm(weights, "embeddings.LayerNorm", config.hidden, config.norm_eps)) {}

  std::int64_t length(const Example& example) const override {
    return static_cast<std::int64_t>(example.ids.size());
  }

  Tensor words(const Batch& batch) const override {
    return gather(words_, token_ids(batch, words_.size(0), positions_.size(0) - first_position_));
  }

  Tensor place(const Tensor& words, const Layout& layout, const Batch& batch) const override {
    std::vector<std::int64_t> types;
    for (const Example* example : batch) {
      types.insert(types.end(), static_cast<std::size_t>(layout.prompt_rows), 0);
      for (std::int32_t i = 0; i < length(*example); ++i) {
        types.push_back(pair_types_ && i >= example->pair_begin ? 1 : 0);
      }
    }
    return norm_(words + gather(positions_, places(layout, batch)) + gather(types_, types));
  }

  // P random words, embedded as one text.
  Tensor fresh_prompt(std::int64_t tokens, const std::function<double()>& draw) const override {
    const Example words = random_words(tokens, words_.size(0), draw);
    return embed({&words});
  }

 private:
  // RoBERTa's padding counts for no position, wherever it stands in a text; behind a prompt's rows
  // transformers sees no ids and counts all.
  std::vector<std::int64_t> places(const Layout& layout, const Batch& batch) const {
    if (first_position_ == 0 || layout.prompt_rows > 0) {
      return positions_of(layout, first_position_);
    }
    const std::int64_t padding = first_position_ - 1;
    std::vector<std::int64_t> out;
    for (const Example* example : batch) {
      std::int64_t next = first_position_ + layout.first_position;
      for (const std::int32_t id : example->ids) out.push_back(id == padding ? padding : next++);
    }
    return out;
  }
  static Tensor gather(const Tensor& table, const std::vector<std::int64_t>& rows) {
    return table.index_select(0, at::tensor(rows, at::kLong));  // (R, D)
  }

  Tensor words_;
  std::int64_t first_position_;
  Tensor positions_, types_;
  bool pair_types_;
  LayerNorm norm_;
};

class BertBlock : public Block {
 public:
  BertBlock(const ModelConfig& config, const WeightSource& weights, std::int64_t layer) {
    const std::string name = "encoder.layer." + std::to_string(layer) + ".";
    const std::int64_t width = config.hidden;
    attention_ = {make_linear(weights, name + "attention.self.query", width, width),
                  make_linear(weights, name + "attention.self.key", width, width),
                  make_linear(weights, name + "attention.self.value", width, width),
                  make_linear(weights, name + "attention.output.dense", width, width),
                  config.heads};
    attention_.prefix = prefix_of(weights, layer);
    attention_norm_ =
        make_layer_norm(weights, name + "attention.output.LayerNorm", width, config.norm_eps);
    mlp_ = {make_linear(weights, name + "intermediate.dense", width, config.intermediate),
            make_linear(weights, name + "output.dense", config.intermediate, width),
            config.activation};
    output_norm_ = make_layer_norm(weights, name + "output.LayerNorm", width, config.norm_eps);
  }

  Tensor operator()(const Tensor& x, const Layout& layout) const override {
    const Tensor a = attention_norm_(attention_(x, layout).add_(x));  // (R, D)
    return output_norm_(mlp_(a).add_(a));                             // (R, D)
  }

 private:
  SelfAttention attention_;
  LayerNorm attention_norm_;
  FeedForward mlp_;
  LayerNorm output_norm_;
};

}  // namespace

void read_bert_config(JsonFields& config, ModelConfig& out) {
  if (out.vocabulary == 0) out.vocabulary = 30522;
  out.positions = 512;
  read_sizes(config, out);
  read_text_sizes(config, out);
  out.norm_eps = number_or(config, "layer_norm_eps", 1e-12);
  out.token_types = size_or(config, "type_vocab_size", 2);
  config.expect("position_embedding_type", "absolute");
  // A decoder's rows see no later ones.
  config.expect_off({"is_decoder", "add_cross_attention", "is_encoder_decoder"});
  // Dropout is not applied; the rest is of a pooler that BERT's first authors kept notes of.
  config.ignore({"hidden_dropout_prob", "attention_probs_dropout_prob", "classifier_dropout",
                 "tie_word_embeddings", "directionality", "pooler_fc_size",
                 "pooler_num_attention_heads", "pooler_num_fc_layers", "pooler_size_per_head",
                 "pooler_type"});
}

std::unique_ptr<Embedder> make_bert_embedder(const ModelConfig& config,
                                             const WeightSource& weights) {
  return std::make_unique<BertEmbedder>(config, weights);
}

std::unique_ptr<Block> make_bert_block(const ModelConfig& config, const WeightSource& weights,
                                       std::int64_t layer) {
  return std::make_unique<BertBlock>(config, weights, layer);
}

const Architecture kBert = {
    .model_type = "bert",
    .prefix = "bert.",
    .causal = false,
    .transposed = false,
    .roles = {{"query", "value"}, {"key", "value"}, {"output.dense"}, {"output.dense"}},
    .words = {},
    .output = {},
    .task_class = {.name = "BertForSequenceClassification", .dense = "pooler.dense"},
    .position_table = "embeddings.position_embeddings.weight",
    .read_config = read_bert_config,
    .make_embedder = make_bert_embedder,
    .make_block = make_bert_block,
    .make_final_norm = nullptr,
};

}  // namespace cleave
