// Image data sets: CIFAR-10 binary, MNIST idx (also gzipped), and a folder of pictures per class.
// Pictures come out as bytes in (channels, size, size); scaling to numbers is the model's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/data/image_spec.h"

namespace cleave {

struct ImageRow {
  std::vector<std::uint8_t> pixels;  // (channels, size, size)
  std::string label;                 // a name, or empty where the format numbers its classes
  std::int32_t number = 0;
  std::string where;  // for messages
};

// All three: errors IoError, DataError naming the file and the record.
std::vector<ImageRow> read_cifar10(const std::filesystem::path& path, const ImageSpec& spec);
// `path` is the images' file; the labels' file has "labels-idx1" for "images-idx3" in its name.
std::vector<ImageRow> read_idx(const std::filesystem::path& path, const ImageSpec& spec);
// One sub-folder a class, its name is the label; files in sorted order. What is no picture is an
// error that names it; what systems leave behind (dot files, __MACOSX) is skipped with one warning.
std::vector<ImageRow> read_image_folder(const std::filesystem::path& path, const ImageSpec& spec);
// One picture, upright and in RGB as transformers' load_image makes it: turned as its EXIF says,
// without alpha.
std::vector<std::uint8_t> read_picture(const std::filesystem::path& path, const ImageSpec& spec);

// Interleaved bytes (height, width, channels) as the spec says; grey and colour are converted into
// each other. `where` is for messages. Errors: DataError for a shape that does not come out as the
// model takes it.
std::vector<std::uint8_t> fit_image(const std::uint8_t* pixels, int height, int width, int channels,
                                    const ImageSpec& spec, const std::string& where = "the image");

}  // namespace cleave
