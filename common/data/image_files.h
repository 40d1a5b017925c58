// Image data sets: CIFAR-10 binary, MNIST idx (also gzipped), and a folder of pictures per class.
// Pictures come out as bytes in (channels, size, size); scaling to numbers is the model's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace cleave {

// What the model takes in.
struct ImageSpec {
  int channels = 3;  // 1 or 3
  int size = 224;    // height and width
};

struct ImageRow {
  std::vector<std::uint8_t> pixels;  // (channels, size, size)
  std::string label;
  std::string where;  // for messages
};

// All three: errors IoError, DataError naming the file and the record.
std::vector<ImageRow> read_cifar10(const std::filesystem::path& path, const ImageSpec& spec);
// `path` is the images' file; the labels' file has "labels-idx1" for "images-idx3" in its name.
std::vector<ImageRow> read_idx(const std::filesystem::path& path, const ImageSpec& spec);
// One sub-folder a class, its name is the label; files in sorted order.
std::vector<ImageRow> read_image_folder(const std::filesystem::path& path, const ImageSpec& spec);
// One picture, for predictions.
std::vector<std::uint8_t> read_picture(const std::filesystem::path& path, const ImageSpec& spec);

// Resamples interleaved bytes (height, width, channels) to the spec, bilinearly; grey and colour
// are converted into each other.
std::vector<std::uint8_t> fit_image(const std::uint8_t* pixels, int height, int width, int channels,
                                    const ImageSpec& spec);

}  // namespace cleave
