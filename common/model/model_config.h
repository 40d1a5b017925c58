// A Hugging Face config.json, reduced to what the architectures need and checked. No weights here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/model/config_reader.h"

namespace cleave {

struct ModelConfig {
  std::string model_type;
  std::int64_t hidden = 0, layers = 0, heads = 0, intermediate = 0;
  std::int64_t kv_heads = 0;  // heads of keys and values: as many as `heads`, or a divisor of it
  double norm_eps = 1e-12;
  // Text. Rows of the position table before `first_position` belong to no text.
  std::int64_t vocabulary = 0, positions = 0, token_types = 0, first_position = 0;
  double rope_theta = 0;                 // base of the rotary angles; 0: positions are learned
  std::vector<std::int64_t> end_tokens;  // of which one ends a text that is continued
  // Images.
  std::int64_t image_size = 0, patch_size = 0, channels = 0;
  std::vector<double> image_mean, image_std;  // per channel, of pixels scaled to [0, 1]
  std::vector<std::string> labels;            // id2label in order; may be empty

  bool is_image() const { return image_size > 0; }
  std::int64_t head_width() const { return hidden / heads; }
  std::int64_t patches() const { return (image_size / patch_size) * (image_size / patch_size); }
};

// Reads FOLDER/config.json as its architecture does and, for images, preprocessor_config.json.
// Errors: IoError, DataError naming the key (missing, out of range, an activation we lack).
ModelConfig load_model_config(const std::filesystem::path& folder);

// The keys that most families spell alike: hidden_size, num_hidden_layers, num_attention_heads,
// intermediate_size, and vocab_size and max_position_embeddings of those that read text.
void read_sizes(const ConfigReader& config, ModelConfig& out);
void read_text_sizes(const ConfigReader& config, ModelConfig& out);

// The lines of the model hash that come from the configuration ("hidden_size=384", ...).
std::vector<std::string> architecture_lines(const ModelConfig& config);

}  // namespace cleave
