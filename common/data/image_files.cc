#include "common/data/image_files.h"

#include <zlib.h>

#include "common/base/endian.h"
#include "common/base/error.h"
#include "common/base/files.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{2} << 30;
constexpr std::size_t kCifarSide = 32;
constexpr std::size_t kCifarRecord = 1 + 3 * kCifarSide * kCifarSide;

// The whole of a file that may be gzipped; the output is bounded, so no archive can fill memory.
std::string read_maybe_gzip(const fs::path& path) {
  require_file(path);
  const gzFile file = gzopen(path.c_str(), "rb");
  if (!file) throw IoError("cannot open " + path.string() + ": " + errno_text());
  std::string content;
  char chunk[1 << 16];
  int n = 0;
  while ((n = gzread(file, chunk, sizeof chunk)) > 0 && content.size() <= kMaxBytes) {
    content.append(chunk, static_cast<std::size_t>(n));
  }
  const bool broken = n < 0 || (n == 0 && !gzeof(file));
  gzclose(file);
  if (broken) throw DataError(path.string() + " cannot be decompressed (a truncated download?)");
  if (content.size() > kMaxBytes) throw DataError(path.string() + " decompresses to over 2 GiB");
  return content;
}

// An idx file's dimensions. Errors: DataError when the magic number or the size does not fit.
std::vector<std::size_t> idx_shape(std::string_view content, std::uint32_t magic,
                                   const fs::path& path) {
  const std::size_t rank = magic & 0xff;
  const std::size_t header = 4 + 4 * rank;
  if (content.size() < header || big_endian(content.substr(0, 4)) != magic) {
    throw DataError(path.string() + " is not an idx file of " + std::to_string(rank) +
                    " dimensions of bytes");
  }
  std::vector<std::size_t> shape;
  std::uint64_t total = 1;
  for (std::size_t i = 0; i < rank; ++i) {
    shape.push_back(big_endian(content.substr(4 + 4 * i, 4)));
    if (__builtin_mul_overflow(total, shape.back(), &total)) total = kMaxBytes + 1;
  }
  if (total != content.size() - header) {
    throw DataError(path.string() + ": its header does not match its " +
                    std::to_string(content.size()) + " bytes (a truncated download?)");
  }
  return shape;
}

}  // namespace

std::vector<ImageRow> read_cifar10(const fs::path& path, const ImageSpec& spec) {
  const std::string content = read_file(path, kMaxBytes);
  if (content.empty() || content.size() % kCifarRecord != 0) {
    throw DataError(path.string() + " holds " + std::to_string(content.size()) +
                    " bytes, not a multiple of CIFAR-10's records of 3073");
  }
  std::vector<ImageRow> rows;
  std::vector<std::uint8_t> interleaved(kCifarRecord - 1);
  constexpr std::size_t kPlane = kCifarSide * kCifarSide;
  for (std::size_t at = 0; at < content.size(); at += kCifarRecord) {
    const auto* record = reinterpret_cast<const std::uint8_t*>(content.data()) + at;
    for (std::size_t i = 0; i < kPlane; ++i) {
      for (std::size_t c = 0; c < 3; ++c) interleaved[3 * i + c] = record[1 + c * kPlane + i];
    }
    const std::string where = path.string() + " record " + std::to_string(at / kCifarRecord);
    rows.push_back({fit_image(interleaved.data(), kCifarSide, kCifarSide, 3, spec, where), "",
                    record[0], where});
  }
  return rows;
}

std::vector<ImageRow> read_idx(const fs::path& path, const ImageSpec& spec) {
  const std::string marker = "images-idx3";
  std::string labels_name = path.filename().string();
  const std::size_t at = labels_name.find(marker);
  if (at == std::string::npos) {
    throw DataError(path.string() + ": an idx data set is named by its images-idx3 file");
  }
  labels_name.replace(at, marker.size(), "labels-idx1");
  const fs::path labels_path = path.parent_path() / labels_name;

  const std::string images = read_maybe_gzip(path);
  const std::string labels = read_maybe_gzip(labels_path);
  const auto shape = idx_shape(images, 0x00000803, path);
  const auto label_shape = idx_shape(labels, 0x00000801, labels_path);
  if (shape[0] != label_shape[0] || shape[0] == 0) {
    throw DataError(path.string() + " has " + std::to_string(shape[0]) + " images, " +
                    labels_path.string() + " has " + std::to_string(label_shape[0]) + " labels");
  }
  const std::size_t pixels = shape[1] * shape[2];
  if (pixels == 0) throw DataError(path.string() + ": its images have no pixels");
  std::vector<ImageRow> rows;
  const auto* data = reinterpret_cast<const std::uint8_t*>(images.data()) + 16;
  for (std::size_t i = 0; i < shape[0]; ++i) {
    const std::string where = path.string() + " record " + std::to_string(i);
    rows.push_back({fit_image(data + i * pixels, static_cast<int>(shape[1]),
                              static_cast<int>(shape[2]), 1, spec, where),
                    "", static_cast<unsigned char>(labels[8 + i]), where});
  }
  return rows;
}

}  // namespace cleave
