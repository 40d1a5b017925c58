#include "cli/compare/statistics.h"

#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <numeric>

#include "common/base/error.h"

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

std::optional<Interval> paired_interval(std::span<const double> a, std::span<const double> b) {
  CLEAVE_CHECK(a.size() == b.size() && !a.empty());
  if (a.size() == 1) return std::nullopt;
  std::vector<double> differences;
  for (std::size_t i = 0; i < a.size(); ++i) differences.push_back(a[i] - b[i]);
  const auto n = static_cast<double>(a.size());
  const double t = boost::math::quantile(boost::math::students_t(n - 1), 0.975);
  const double mean = mean_of(differences);
  const double half = t * deviation_of(differences) / std::sqrt(n);
  return Interval{mean - half, mean + half};
}

}  // namespace cleave
