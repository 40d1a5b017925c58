#include "cli/compare/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/base/error.h"
#include "common/base/random.h"

namespace cleave {

double mean_of(std::span<const double> values) {
  CLEAVE_CHECK(!values.empty());
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

double deviation_of(std::span<const double> values) {
  if (values.size() < 2) return 0;
  const double mean = mean_of(values);
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size() - 1));
}

Interval paired_interval(std::span<const double> a, std::span<const double> b) {
  CLEAVE_CHECK(a.size() == b.size() && !a.empty());
  constexpr std::size_t kDraws = 10'000;
  Stream stream(0, "bootstrap");
  std::vector<double> means;
  for (std::size_t draw = 0; draw < kDraws; ++draw) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const std::size_t picked = stream.below(a.size());
      sum += a[picked] - b[picked];
    }
    means.push_back(sum / static_cast<double>(a.size()));
  }
  std::sort(means.begin(), means.end());
  return {means[kDraws / 40], means[kDraws - 1 - kDraws / 40]};
}

}  // namespace cleave
