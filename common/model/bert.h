// BERT's parts, for the families that share them.
#pragma once

#include "common/model/architecture.h"

namespace cleave {

void read_bert_config(JsonFields& config, ModelConfig& out);
std::unique_ptr<Embedder> make_bert_embedder(const ModelConfig& config,
                                             const WeightSource& weights);
std::unique_ptr<Block> make_bert_block(const ModelConfig& config, const WeightSource& weights,
                                       std::int64_t layer);

}  // namespace cleave
