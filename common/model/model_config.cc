#include "common/model/model_config.h"

#include <fmt/format.h>

#include "common/base/error.h"
#include "common/model/architecture.h"
#include "common/model/config_fields.h"

namespace cleave {

namespace fs = std::filesystem;

namespace {

// RoBERTa's, of pad_token_id = 1: not said in the lines, which older slices hold without.
constexpr std::int64_t kUsualFirstPosition = 2;

// -1 stands in older folders for none: no token has it.
std::optional<std::int64_t> padding_of(JsonFields& config) {
  if (!config.has("pad_token_id")) return std::nullopt;
  if (config.value("pad_token_id") == -1) return std::nullopt;
  return index_or(config, "pad_token_id", 0);
}

}  // namespace

void read_sizes(JsonFields& config, ModelConfig& out) {
  out.hidden = size_or(config, "hidden_size", out.hidden);
  out.layers = size_or(config, "num_hidden_layers", out.layers);
  out.heads = size_or(config, "num_attention_heads", out.heads);
  out.intermediate = size_or(config, "intermediate_size", out.intermediate);
  out.activation = read_activation(config, "hidden_act", out.activation);
}

void read_text_sizes(JsonFields& config, ModelConfig& out) {
  out.vocabulary = size_or(config, "vocab_size", out.vocabulary);
  out.positions = size_or(config, "max_position_embeddings", out.positions);
}

ModelConfig load_model_config(const fs::path& folder) {
  JsonFields config = open_config(folder / "config.json");
  ModelConfig out;
  out.model_type = config.text("model_type");
  const Architecture& architecture = find_architecture(out.model_type);
  out.activation = architecture.activation;
  architecture.read_config(config, out);
  out.labels = read_labels(config, architecture.task_class.name);
  if (config.has("eos_token_id")) out.end_tokens = config.indices("eos_token_id");
  out.padding = padding_of(config);
  ignore_harmless(config);
  config.ignore({"eos_token_id"});
  config.refuse_the_rest();
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
    for (std::string& line : image_lines(c.images)) lines.push_back(std::move(line));
  }
  if (c.kv_heads != c.heads) lines.push_back(fmt::format("num_key_value_heads={}", c.kv_heads));
  const Architecture& architecture = find_architecture(c.model_type);
  if (c.activation != architecture.activation) {
    lines.push_back(fmt::format("hidden_act={}", name_of(c.activation)));
  }
  if (c.head_width() != c.hidden / c.heads) {
    lines.push_back(fmt::format("head_dim={}", c.head_width()));
  }
  if (c.first_position > 0 && c.first_position != kUsualFirstPosition) {
    lines.push_back(fmt::format("pad_token_id={}", c.first_position - 1));
  }
  if (c.padding && architecture.causal) {
    lines.push_back(fmt::format("pad_token_id={}", *c.padding));  // where texts end
  }
  if (c.rope_theta != 0) lines.push_back(fmt::format("rope_theta={}", c.rope_theta));
  return lines;
}

}  // namespace cleave
