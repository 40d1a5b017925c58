// Decoding and resampling, the only file that uses OpenCV.
#include <algorithm>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/image_files.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxPicture = 64 << 20;

cv::Mat converted(const cv::Mat& image, int channels) {
  cv::Mat out = image;
  if (image.channels() == 1 && channels == 3) cv::cvtColor(image, out, cv::COLOR_GRAY2RGB);
  if (image.channels() == 3 && channels == 1) cv::cvtColor(image, out, cv::COLOR_RGB2GRAY);
  return out;
}

std::vector<std::uint8_t> to_planes(const cv::Mat& image, const ImageSpec& spec) {
  cv::Mat sized = converted(image, spec.channels);
  if (sized.rows != spec.size || sized.cols != spec.size) {
    const bool shrinks = sized.rows > spec.size;
    cv::resize(cv::Mat(sized), sized, cv::Size(spec.size, spec.size), 0, 0,
               shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  }
  std::vector<cv::Mat> planes;
  cv::split(sized, planes);
  std::vector<std::uint8_t> out;
  for (const cv::Mat& plane : planes) out.insert(out.end(), plane.datastart, plane.dataend);
  return out;
}

bool is_picture(const fs::path& path) {
  std::string extension = path.extension().string();
  std::transform(extension.begin(), extension.end(), extension.begin(), ::tolower);
  for (const char* known : {".png", ".jpg", ".jpeg", ".bmp", ".ppm", ".pgm", ".webp"}) {
    if (extension == known) return true;
  }
  return false;
}

std::vector<fs::path> sorted_entries(const fs::path& folder) {
  std::error_code error;
  std::vector<fs::path> entries;
  for (const auto& entry : fs::directory_iterator(folder, error)) entries.push_back(entry.path());
  if (error) throw IoError("cannot list " + folder.string() + ": " + error.message());
  std::sort(entries.begin(), entries.end());
  return entries;
}

}  // namespace

std::vector<std::uint8_t> fit_image(const std::uint8_t* pixels, int height, int width, int channels,
                                    const ImageSpec& spec) {
  const cv::Mat image(height, width, channels == 1 ? CV_8UC1 : CV_8UC3,
                      const_cast<std::uint8_t*>(pixels));
  return to_planes(image, spec);
}

std::vector<std::uint8_t> read_picture(const fs::path& path, const ImageSpec& spec) {
  const std::string bytes = read_file(path, kMaxPicture);
  cv::Mat image;
  try {
    image = cv::imdecode(
        cv::Mat(1, static_cast<int>(bytes.size()), CV_8UC1, const_cast<char*>(bytes.data())),
        cv::IMREAD_COLOR);
  } catch (const cv::Exception&) {
    image = cv::Mat();
  }
  if (image.empty()) throw DataError(path.string() + " is not a picture that can be decoded");
  cv::cvtColor(image, image, cv::COLOR_BGR2RGB);
  return to_planes(image, spec);
}

std::vector<ImageRow> read_image_folder(const fs::path& path, const ImageSpec& spec) {
  std::vector<ImageRow> rows;
  for (const fs::path& folder : sorted_entries(path)) {
    if (!fs::is_directory(folder)) continue;
    for (const fs::path& file : sorted_entries(folder)) {
      if (!is_picture(file)) continue;
      rows.push_back({read_picture(file, spec), folder.filename().string(), file.string()});
    }
  }
  if (rows.empty()) {
    throw DataError(path.string() + " holds no pictures; expected one sub-folder per class");
  }
  return rows;
}

}  // namespace cleave
