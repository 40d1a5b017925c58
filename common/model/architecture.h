// The registry of architectures: how each builds its parts from named weights. A new one is a file
// like bert.cc and one line in architecture.cc.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "common/model/block.h"
#include "common/model/layers.h"
#include "common/model/model_config.h"

namespace cleave {

struct Architecture {
  std::string_view model_type;  // config.json's
  std::string_view prefix;      // that checkpoints of task classes put before tensor names
  std::unique_ptr<Embedder> (*make_embedder)(const ModelConfig&, const WeightSource&);
  std::unique_ptr<Block> (*make_block)(const ModelConfig&, const WeightSource&, std::int64_t layer);
  // Null where the family has no norm after its last block.
  std::optional<LayerNorm> (*make_final_norm)(const ModelConfig&, const WeightSource&);
};

extern const Architecture kBert;
extern const Architecture kVit;

// Errors: DataError naming the known types.
const Architecture& find_architecture(const std::string& model_type);

}  // namespace cleave
