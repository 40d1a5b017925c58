// The registry of architectures: how each builds its parts from named weights. A new one is a file
// like bert.cc and one line in architecture.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/json_fields.h"
#include "common/model/activation.h"
#include "common/model/block.h"
#include "common/model/layers.h"
#include "common/model/model_config.h"
#include "common/model/task_class.h"

namespace cleave {

// Linear layers of a block by what they do: the ends of their names.
struct LinearRoles {
  std::vector<std::string> query_value;  // what PEFT's LoRA takes where nothing is said
  std::vector<std::string> key_value;
  std::vector<std::string> branch_ends;  // what is added to the residual
  std::vector<std::string> feed_forward_ends;
};

struct Architecture {
  std::string_view model_type;  // config.json's
  std::string_view prefix;      // that checkpoints of task classes put before tensor names
  bool causal;                  // a row sees itself and earlier rows only
  bool transposed;              // weights of linear layers are stored (in, out)
  LinearRoles roles;
  // Of a language model; empty for others. Without an output layer of its own the words serve.
  std::string_view words, output;
  TaskClass task_class;
  std::string_view position_table = {};       // of text; empty: positions are not learned
  Activation activation = Activation::kGelu;  // where config.json names none
  void (*read_config)(JsonFields&, ModelConfig&);
  std::unique_ptr<Embedder> (*make_embedder)(const ModelConfig&, const WeightSource&);
  std::unique_ptr<Block> (*make_block)(const ModelConfig&, const WeightSource&, std::int64_t layer);
  // Null where the family has no norm after its last block.
  Norm (*make_final_norm)(const ModelConfig&, const WeightSource&);
};

extern const Architecture kBert;
extern const Architecture kGpt2;
extern const Architecture kLlama;
extern const Architecture kRoberta;
extern const Architecture kVit;

// The name of a canonical tensor or module in the family's task class: what belongs to the class
// has no prefix (is_task_module).
bool is_task_module(const Architecture& architecture, const std::string& name);
std::string task_name(const Architecture& architecture, const std::string& name);

// The token that is passed over at the end of a text whose last row `pool` reads: transformers'
// classes read the last row that is not of pad_token_id, wherever that token came from. In a causal
// model rows behind that one reach nothing, and the text may as well end there.
std::optional<std::int64_t> unread_ending(const ModelConfig& config,
                                          const Architecture& architecture, Pool pool);

// Errors: DataError naming the known types.
const Architecture& find_architecture(const std::string& model_type);

}  // namespace cleave
