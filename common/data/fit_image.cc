// Decoding, channels, resizing and cropping; the only file that uses OpenCV, and for decoding
// alone.
#include <algorithm>
#include <opencv2/imgcodecs.hpp>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/image_files.h"
#include "common/data/picture_bytes.h"
#include "common/data/resample.h"

namespace cleave {
namespace {

using Plane = std::vector<std::uint8_t>;

constexpr std::uint64_t kMaxPicture = 64 << 20;
constexpr double kMaxResized = 1 << 26;  // pixels

std::size_t area(ImageSize size) {
  return static_cast<std::size_t>(size.height) * static_cast<std::size_t>(size.width);
}

// Interleaved bytes to the model's planes; grey is taken from colour as Pillow takes it (BT.601).
std::vector<Plane> to_planes(const std::uint8_t* pixels, std::size_t count, int from, int to) {
  if (from == 1) return std::vector<Plane>(static_cast<std::size_t>(to), {pixels, pixels + count});
  std::vector<Plane> planes(static_cast<std::size_t>(to), Plane(count));
  for (std::size_t i = 0; i < count; ++i, pixels += 3) {
    if (to == 1) {
      planes[0][i] = static_cast<std::uint8_t>(
          (pixels[0] * 19595 + pixels[1] * 38470 + pixels[2] * 7471 + 0x8000) >> 16);
    } else {
      for (std::size_t c = 0; c < 3; ++c) planes[c][i] = pixels[c];
    }
  }
  return planes;
}

ImageSize resized_size(ImageSize from, const ImageSpec& spec, const std::string& where) {
  if (!spec.resize) return from;
  if (spec.shortest_edge == 0) {
    return spec.resized == ImageSize{} ? ImageSize{spec.size, spec.size} : spec.resized;
  }
  const double shorter = std::min(from.height, from.width);
  const double longer = std::max(from.height, from.width);
  const double new_longer = spec.shortest_edge * longer / shorter;
  if (new_longer * spec.shortest_edge > kMaxResized) {
    throw DataError(where + " is too narrow to be resized by its shortest edge: crop it first");
  }
  // Whole numbers, as Python divides: the product is exact, and its quotient is cut.
  const int edge = static_cast<int>(new_longer);
  return from.width <= from.height ? ImageSize{edge, spec.shortest_edge}
                                   : ImageSize{spec.shortest_edge, edge};
}

// The middle of the plane; where the plane is smaller, it stands in the middle of zeros.
Plane cropped(const Plane& plane, ImageSize from, ImageSize to) {
  const auto begin = [](int have, int want) {
    return have >= want ? (have - want) / 2 : -((want - have + 1) / 2);
  };
  const int top = begin(from.height, to.height), left = begin(from.width, to.width);
  const int first = std::max(0, left), last = std::min(from.width, left + to.width);
  Plane out(area(to));
  for (int y = std::max(0, -top); y < to.height && top + y < from.height; ++y) {
    const auto row = plane.begin() + static_cast<std::ptrdiff_t>(top + y) * from.width;
    std::copy(row + first, row + last,
              out.begin() + static_cast<std::ptrdiff_t>(y) * to.width + (first - left));
  }
  return out;
}

std::vector<std::uint8_t> fitted(const std::uint8_t* pixels, ImageSize from, int channels,
                                 const ImageSpec& spec, const std::string& where) {
  const ImageSize wanted{spec.size, spec.size};
  const ImageSize resized = resized_size(from, spec, where);
  const ImageSize last = spec.crop == ImageSize{} ? resized : spec.crop;
  if (last != wanted) {
    throw DataError(where + " becomes " + std::to_string(last.width) + "x" +
                    std::to_string(last.height) + " pixels by preprocessor_config.json, but the " +
                    "model takes " + std::to_string(spec.size) + "x" + std::to_string(spec.size) +
                    ": resize or crop it to a square");
  }
  std::vector<std::uint8_t> out;
  out.reserve(static_cast<std::size_t>(spec.channels) * area(wanted));
  Plane plane;
  for (Plane& given : to_planes(pixels, area(from), channels, spec.channels)) {
    plane = resized == from ? std::move(given) : resample(given, from, resized, spec.resampling);
    if (resized != last) plane = cropped(plane, resized, last);
    out.insert(out.end(), plane.begin(), plane.end());
  }
  return out;
}

}  // namespace

std::vector<std::uint8_t> fit_image(const std::uint8_t* pixels, int height, int width, int channels,
                                    const ImageSpec& spec, const std::string& where) {
  return fitted(pixels, {height, width}, channels, spec, where);
}

std::vector<std::uint8_t> read_picture(const fs::path& path, const ImageSpec& spec) {
  std::string bytes = read_file(path, kMaxPicture);
  check_picture(bytes, path.string(), spec.clear_is_white);
  cv::Mat image;
  try {
    image = cv::imdecode(cv::Mat(1, static_cast<int>(bytes.size()), CV_8UC1, bytes.data()),
                         cv::IMREAD_COLOR);
  } catch (const cv::Exception&) {
    image = cv::Mat();
  }
  if (image.empty() || !image.isContinuous()) {
    throw DataError(path.string() + " is not a picture that can be decoded");
  }
  for (std::size_t i = 0; i < image.total(); ++i)
    std::swap(image.data[3 * i], image.data[3 * i + 2]);
  return fitted(image.data, {image.rows, image.cols}, 3, spec, path.string());
}

}  // namespace cleave
