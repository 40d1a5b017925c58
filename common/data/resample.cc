#include "common/data/resample.h"

#include <algorithm>
#include <cmath>

#include "common/base/error.h"

namespace cleave {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr int kPrecision = 32 - 8 - 2;  // bits after the point; the sum of a pixel fits 32 bits

double sinc(double x) {
  if (x == 0) return 1;
  x *= M_PI;
  return std::sin(x) / x;
}

double weight(Resampling resampling, double x) {
  const double a = std::abs(x);
  switch (resampling) {
    case Resampling::kBox:
      return x > -0.5 && x <= 0.5 ? 1 : 0;
    case Resampling::kBilinear:
      return a < 1 ? 1 - a : 0;
    case Resampling::kHamming:
      if (a == 0) return 1;
      return a < 1 ? sinc(a) * (0.54f + 0.46f * std::cos(a * M_PI)) : 0;
    case Resampling::kBicubic:  // Keys' with a = -0.5
      if (a < 1) return (1.5 * a - 2.5) * a * a + 1;
      return a < 2 ? -0.5 * (((a - 5) * a + 8) * a - 4) : 0;
    case Resampling::kLanczos:
      return x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0;
    case Resampling::kNearest:
      break;
  }
  CLEAVE_CHECK(false);
}

double support_of(Resampling resampling) {
  switch (resampling) {
    case Resampling::kBox:
      return 0.5;
    case Resampling::kBicubic:
      return 2;
    case Resampling::kLanczos:
      return 3;
    default:
      return 1;
  }
}

// What each output pixel is made of along one axis: `count` inputs from `begin` on.
struct Taps {
  struct Span {
    int begin, count;
  };
  std::vector<Span> spans;
  std::vector<std::int32_t> weights;  // `stride` a span
  std::size_t stride;
};

Taps make_taps(int from, int to, Resampling resampling) {
  const double scale = static_cast<double>(from) / to;
  const double widened = std::max(scale, 1.0);
  const double support = support_of(resampling) * widened;
  Taps taps;
  taps.stride = static_cast<std::size_t>(std::ceil(support)) * 2 + 1;
  taps.weights.resize(taps.stride * static_cast<std::size_t>(to));
  std::vector<double> row(taps.stride);
  for (int out = 0; out < to; ++out) {
    const double center = (out + 0.5) * scale;
    const int begin = std::max(static_cast<int>(center - support + 0.5), 0);
    const int count = std::min(static_cast<int>(center + support + 0.5), from) - begin;
    double sum = 0;
    for (int i = 0; i < count; ++i) {
      row[static_cast<std::size_t>(i)] =
          weight(resampling, (i + begin - center + 0.5) * (1 / widened));
      sum += row[static_cast<std::size_t>(i)];
    }
    std::int32_t* const fixed = &taps.weights[taps.stride * static_cast<std::size_t>(out)];
    for (int i = 0; i < count; ++i) {
      double value = row[static_cast<std::size_t>(i)];
      if (sum != 0) value /= sum;
      fixed[i] = static_cast<std::int32_t>((value < 0 ? -0.5 : 0.5) + value * (1 << kPrecision));
    }
    taps.spans.push_back({begin, count});
  }
  return taps;
}

constexpr std::int32_t kHalf = 1 << (kPrecision - 1);

std::uint8_t byte_of(std::int32_t sum) {
  return static_cast<std::uint8_t>(std::clamp(sum >> kPrecision, 0, 255));
}

Bytes along_rows(std::span<const std::uint8_t> plane, ImageSize from, int width, const Taps& taps) {
  Bytes out(static_cast<std::size_t>(from.height) * static_cast<std::size_t>(width));
  std::uint8_t* to = out.data();
  for (int y = 0; y < from.height; ++y) {
    const std::uint8_t* const row = plane.data() + static_cast<std::ptrdiff_t>(y) * from.width;
    const std::int32_t* weights = taps.weights.data();
    for (const Taps::Span& span : taps.spans) {
      std::int32_t sum = kHalf;
      for (int i = 0; i < span.count; ++i) sum += row[span.begin + i] * weights[i];
      *to++ = byte_of(sum);
      weights += taps.stride;
    }
  }
  return out;
}

Bytes along_columns(std::span<const std::uint8_t> plane, ImageSize from, int height,
                    const Taps& taps) {
  const auto width = static_cast<std::size_t>(from.width);
  Bytes out(static_cast<std::size_t>(height) * width);
  std::vector<std::int32_t> sums(width);
  std::uint8_t* to = out.data();
  const std::int32_t* weights = taps.weights.data();
  for (const Taps::Span& span : taps.spans) {
    std::fill(sums.begin(), sums.end(), kHalf);
    const std::uint8_t* row = plane.data() + static_cast<std::size_t>(span.begin) * width;
    for (int i = 0; i < span.count; ++i, row += width) {
      const std::int32_t factor = weights[i];
      for (std::size_t x = 0; x < width; ++x) sums[x] += row[x] * factor;
    }
    for (const std::int32_t sum : sums) *to++ = byte_of(sum);
    weights += taps.stride;
  }
  return out;
}

// The input under the middle of each output pixel, summed up step by step as Pillow does.
std::vector<std::size_t> nearest(int from, int to) {
  const double step = static_cast<double>(from) / to;
  double at = step * 0.5;
  std::vector<std::size_t> out;
  for (int i = 0; i < to; ++i, at += step) {
    out.push_back(static_cast<std::size_t>(std::min(static_cast<int>(at), from - 1)));
  }
  return out;
}

Bytes nearest(std::span<const std::uint8_t> plane, ImageSize from, ImageSize to) {
  const std::vector<std::size_t> columns = nearest(from.width, to.width);
  Bytes out;
  out.reserve(static_cast<std::size_t>(to.height) * static_cast<std::size_t>(to.width));
  for (const std::size_t y : nearest(from.height, to.height)) {
    const std::uint8_t* const row = plane.data() + y * static_cast<std::size_t>(from.width);
    for (const std::size_t x : columns) out.push_back(row[x]);
  }
  return out;
}

// As in Pillow 13: where it takes away more than twice as many rows as columns. Earlier ones never.
bool columns_go_first(ImageSize from, ImageSize to) {
  return from.height > to.height && from.height - to.height > 2 * (from.width - to.width);
}

}  // namespace

std::vector<std::uint8_t> resample(std::span<const std::uint8_t> plane, ImageSize from,
                                   ImageSize to, Resampling resampling) {
  CLEAVE_CHECK(from.height > 0 && from.width > 0 && to.height > 0 && to.width > 0);
  if (resampling == Resampling::kNearest) return nearest(plane, from, to);
  Bytes out(plane.begin(), plane.end());
  const auto rows = [&] {
    if (from.width == to.width) return;
    out = along_rows(out, from, to.width, make_taps(from.width, to.width, resampling));
    from.width = to.width;
  };
  const auto columns = [&] {
    if (from.height == to.height) return;
    out = along_columns(out, from, to.height, make_taps(from.height, to.height, resampling));
    from.height = to.height;
  };
  // The rounding between the passes makes the order a part of the result.
  const bool columns_first = columns_go_first(from, to);
  if (columns_first) columns();
  rows();
  if (!columns_first) columns();
  return out;
}

}  // namespace cleave
