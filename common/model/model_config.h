// A Hugging Face config.json, reduced to what the architectures need and checked. No weights here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/base/json_fields.h"
#include "common/data/image_settings.h"
#include "common/model/activation.h"

namespace cleave {

struct ModelConfig {
  std::string model_type;
  // As BERT and ViT have them where nothing is said.
  std::int64_t hidden = 768, layers = 12, heads = 12, intermediate = 3072;
  std::int64_t kv_heads = 0;  // heads of keys and values: as many as `heads`, or a divisor of it
  double norm_eps = 1e-12;
  Activation activation = Activation::kGelu;
  std::int64_t head_dim = 0;  // numbers of a head; 0: hidden / heads
  // Whether there are biases in attention's first three layers, its last one, the feed-forward.
  bool qkv_bias = true, output_bias = true, mlp_bias = true;
  // Text. Rows of the position table before `first_position` belong to no text.
  std::int64_t vocabulary = 0, positions = 0, token_types = 0, first_position = 0;
  double rope_theta = 0;                 // base of the rotary angles; 0: positions are learned
  bool pair_types = true;                // the second part of a pair has token type 1
  bool tied = true;                      // a language model without an output layer has its words
  std::vector<std::int64_t> end_tokens;  // of which one ends a text that is continued
  std::optional<std::int64_t> padding;   // pad_token_id: see unread_ending
  // Images.
  std::int64_t image_size = 0, patch_size = 0, channels = 0;
  ImageSettings images;             // from a picture's file to numbers
  std::vector<std::string> labels;  // id2label in order; may be empty

  bool is_image() const { return image_size > 0; }
  std::int64_t head_width() const { return head_dim > 0 ? head_dim : hidden / heads; }
  std::int64_t patches() const { return (image_size / patch_size) * (image_size / patch_size); }
};

// Reads FOLDER/config.json as its architecture does and, for images, preprocessor_config.json.
// Keys that are absent have transformers' defaults.
// Errors: IoError, DataError naming the key: out of range, with a value that is not supported, or
// unknown, for every key is honoured, known to be harmless, or refused.
ModelConfig load_model_config(const std::filesystem::path& folder);

// The keys that most families spell alike, with what the fields of `out` hold where they are
// absent: hidden_size, num_hidden_layers, num_attention_heads, intermediate_size, hidden_act, and
// vocab_size and max_position_embeddings of those that read text.
void read_sizes(JsonFields& config, ModelConfig& out);
void read_text_sizes(JsonFields& config, ModelConfig& out);

// The lines of the model hash that come from the configuration ("hidden_size=384", ...).
std::vector<std::string> architecture_lines(const ModelConfig& config);

}  // namespace cleave
