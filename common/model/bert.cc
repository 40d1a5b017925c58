// BERT (MiniLM among them): post-norm blocks, learned positions, exact GELU.
// Tensor names and order of operations: spec peft_format.md 6.
#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/model/architecture.h"
#include "common/model/attention.h"
#include "common/model/feed_forward.h"

namespace cleave {
namespace {

using at::Tensor;

class BertEmbedder : public Embedder {
 public:
  BertEmbedder(const ModelConfig& config, const WeightSource& weights)
      : words_(weights("embeddings.word_embeddings.weight", {config.vocabulary, config.hidden})),
        positions_(
            weights("embeddings.position_embeddings.weight", {config.positions, config.hidden})),
        types_(weights("embeddings.token_type_embeddings.weight",
                       {config.token_types, config.hidden})),
        norm_(make_layer_norm(weights, "embeddings.LayerNorm", config.hidden, config.norm_eps)) {}

  std::int64_t length(const Example& example) const override {
    return static_cast<std::int64_t>(example.ids.size());
  }

  Tensor embed(const Batch& batch) const override {
    std::vector<std::int64_t> ids, positions, types;
    for (const Example* example : batch) {
      if (length(*example) > positions_.size(0)) {
        throw DataError("a text of " + std::to_string(example->ids.size()) +
                        " tokens is longer than the model's " + std::to_string(positions_.size(0)) +
                        " positions; lower data.max_length");
      }
      for (std::int32_t i = 0; i < static_cast<std::int32_t>(example->ids.size()); ++i) {
        const std::int64_t id = example->ids[static_cast<std::size_t>(i)];
        if (id >= words_.size(0)) {
          throw DataError("token id " + std::to_string(id) +
                          " is outside the model's vocabulary of " +
                          std::to_string(words_.size(0)) + "; model and tokenizer do not match");
        }
        ids.push_back(id);
        positions.push_back(i);
        types.push_back(i >= example->pair_begin && types_.size(0) > 1 ? 1 : 0);
      }
    }
    return norm_(gather(words_, ids) + gather(positions_, positions) + gather(types_, types));
  }

  // P random words, embedded as one text.
  Tensor fresh_prompt(std::int64_t tokens, const std::function<double()>& draw) const override {
    Example words;
    for (std::int64_t i = 0; i < tokens; ++i) {
      words.ids.push_back(static_cast<std::int32_t>(draw() * static_cast<double>(words_.size(0))));
    }
    words.pair_begin = static_cast<std::int32_t>(tokens);
    return embed({&words});
  }

 private:
  static Tensor gather(const Tensor& table, const std::vector<std::int64_t>& rows) {
    return table.index_select(0, at::tensor(rows, at::kLong));  // (R, D)
  }

  Tensor words_, positions_, types_;
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
    attention_norm_ =
        make_layer_norm(weights, name + "attention.output.LayerNorm", width, config.norm_eps);
    mlp_ = {make_linear(weights, name + "intermediate.dense", width, config.intermediate),
            make_linear(weights, name + "output.dense", config.intermediate, width)};
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

std::unique_ptr<Embedder> make_embedder(const ModelConfig& config, const WeightSource& weights) {
  return std::make_unique<BertEmbedder>(config, weights);
}

std::unique_ptr<Block> make_block(const ModelConfig& config, const WeightSource& weights,
                                  std::int64_t layer) {
  return std::make_unique<BertBlock>(config, weights, layer);
}

}  // namespace

const Architecture kBert = {"bert", "bert.", make_embedder, make_block, nullptr};

}  // namespace cleave
