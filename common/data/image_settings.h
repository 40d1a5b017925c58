// preprocessor_config.json, read whole: from a picture's file to the numbers that a model is fed.
// Every key is honoured, known to have no influence, or refused by name. It reads no pictures.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "common/data/image_spec.h"

namespace cleave {

struct ImageSettings {
  ImageSpec spec;
  double factor = 1 / 255.0;      // 1 where bytes are taken as they are
  std::vector<double> mean, std;  // per channel, of bytes times the factor
};

// Of a model without the file: to its size bilinearly, to [0, 1], and with mean and deviation 0.5.
ImageSettings default_image_settings(std::int64_t channels, std::int64_t image_size);

// `text` is the file's content, `file` its name for messages. What a picture becomes must have the
// model's size. Errors: DataError naming file and key.
ImageSettings parse_image_settings(std::string_view text, const std::string& file,
                                   std::int64_t channels, std::int64_t image_size);

// FOLDER/preprocessor_config.json, else the default. Errors: also IoError.
ImageSettings load_image_settings(const std::filesystem::path& folder, std::int64_t channels,
                                  std::int64_t image_size);

// (byte * factor - mean) / std of each byte, per channel.
std::vector<std::array<float, 256>> pixel_values(const ImageSettings& settings);

// Lines of the model hash: models that are fed other numbers are other functions of a picture.
std::vector<std::string> image_lines(const ImageSettings& settings);

}  // namespace cleave
