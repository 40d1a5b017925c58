// A Hugging Face config.json, reduced to what the architectures need and checked. No weights here.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cleave {

struct ModelConfig {
  std::string model_type;
  std::int64_t hidden = 0, layers = 0, heads = 0, intermediate = 0;
  double norm_eps = 1e-12;
  // Text.
  std::int64_t vocabulary = 0, positions = 0, token_types = 0;
  // Images.
  std::int64_t image_size = 0, patch_size = 0, channels = 0;
  std::vector<double> image_mean, image_std;  // per channel, of pixels scaled to [0, 1]
  std::vector<std::string> labels;            // id2label in order; may be empty

  bool is_image() const { return image_size > 0; }
  std::int64_t head_width() const { return hidden / heads; }
  std::int64_t patches() const { return (image_size / patch_size) * (image_size / patch_size); }
};

// Reads FOLDER/config.json and, for images, preprocessor_config.json.
// Errors: IoError, DataError naming the key (missing, out of range, an activation we lack).
ModelConfig load_model_config(const std::filesystem::path& folder);

// The lines of the model hash that come from the configuration ("hidden_size=384", ...).
std::vector<std::string> architecture_lines(const ModelConfig& config);

}  // namespace cleave
