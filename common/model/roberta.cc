// RoBERTa: BERT's blocks and names; its position table begins with the padding's rows.
// Tensor names: spec peft_format.md 6.
#include "common/base/error.h"
#include "common/model/bert.h"
#include "common/model/config_fields.h"

namespace cleave {
namespace {

void read_config(JsonFields& config, ModelConfig& out) {
  out.vocabulary = 50265;
  read_bert_config(config, out);
  out.pair_types = false;  // its tokenizer has type 0 for both parts
  out.first_position = index_or(config, "pad_token_id", 1) + 1;
  out.positions -= out.first_position;
  if (out.positions < 1) {
    throw DataError(config.file() + ": max_position_embeddings must be above pad_token_id + 1");
  }
}

}  // namespace

const Architecture kRoberta = {
    .model_type = "roberta",
    .prefix = "roberta.",
    .causal = false,
    .transposed = false,
    .roles = {{"query", "value"}, {"key", "value"}, {"output.dense"}, {"output.dense"}},
    .words = {},
    .output = {},
    .task_class = {.name = "RobertaForSequenceClassification",
                   .dense = "classifier.dense",
                   .dense_tuned = true,
                   .classifier = "classifier.out_proj"},
    .position_table = "embeddings.position_embeddings.weight",
    .read_config = read_config,
    .make_embedder = make_bert_embedder,
    .make_block = make_bert_block,
    .make_final_norm = nullptr,
};

}  // namespace cleave
