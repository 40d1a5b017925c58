#include "common/model/model_config.h"

#include <fmt/format.h>

#include "common/base/error.h"
#include "common/model/architecture.h"

namespace cleave {

namespace fs = std::filesystem;

void read_sizes(const ConfigReader& config, ModelConfig& out) {
  out.hidden = config.size("hidden_size");
  out.layers = config.size("num_hidden_layers");
  out.heads = config.size("num_attention_heads");
  out.intermediate = config.size("intermediate_size");
}

void read_text_sizes(const ConfigReader& config, ModelConfig& out) {
  out.vocabulary = config.size("vocab_size");
  out.positions = config.size("max_position_embeddings");
}

ModelConfig load_model_config(const fs::path& folder) {
  const ConfigReader config(folder / "config.json");
  ModelConfig out;
  out.model_type = config.text("model_type");
  find_architecture(out.model_type).read_config(config, out);
  out.labels = config.labels();
  if (config.has("eos_token_id")) out.end_tokens = config.indices("eos_token_id");
  if (out.kv_heads == 0) out.kv_heads = out.heads;
  if (out.hidden % out.heads != 0 || out.heads % out.kv_heads != 0) {
    throw DataError(config.file() +
                    ": the hidden size must be a multiple of the attention heads, " +
                    "and those of the heads of keys and values");
  }
  return out;
}

std::vector<std::string> architecture_lines(const ModelConfig& c) {
  std::vector<std::string> lines = {
      "model_type=" + c.model_type,
      fmt::format("hidden_size={}", c.hidden),
      fmt::format("num_hidden_layers={}", c.layers),
      fmt::format("num_attention_heads={}", c.heads),
      fmt::format("intermediate_size={}", c.intermediate),
      fmt::format("layer_norm_eps={}", c.norm_eps),
  };
  if (c.is_image()) {
    lines.push_back(fmt::format("image_size={}", c.image_size));
    lines.push_back(fmt::format("patch_size={}", c.patch_size));
    lines.push_back(fmt::format("num_channels={}", c.channels));
    for (std::size_t i = 0; i < c.image_mean.size(); ++i) {
      lines.push_back(fmt::format("channel_{}={},{}", i, c.image_mean[i], c.image_std[i]));
    }
  }
  if (c.kv_heads != c.heads) lines.push_back(fmt::format("num_key_value_heads={}", c.kv_heads));
  if (c.rope_theta != 0) lines.push_back(fmt::format("rope_theta={}", c.rope_theta));
  return lines;
}

}  // namespace cleave
