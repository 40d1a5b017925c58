#include "server/coordinator/metrics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/base/error.h"

namespace cleave {

std::size_t Confusion::classes() const {
  return static_cast<std::size_t>(std::lround(std::sqrt(static_cast<double>(counts.size()))));
}

std::uint64_t Confusion::at(std::size_t label, std::size_t predicted) const {
  return counts[label * classes() + predicted];
}

std::uint64_t Confusion::total() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

double accuracy(const Confusion& confusion) {
  std::uint64_t right = 0;
  for (std::size_t c = 0; c < confusion.classes(); ++c) right += confusion.at(c, c);
  const std::uint64_t total = confusion.total();
  return total == 0 ? 0 : static_cast<double>(right) / static_cast<double>(total);
}

double macro_f1(const Confusion& confusion) {
  const std::vector<std::uint64_t> predicted = predicted_counts(confusion);
  double sum = 0;
  std::size_t counted = 0;
  for (std::size_t c = 0; c < confusion.classes(); ++c) {
    std::uint64_t occurs = 0;
    for (std::size_t p = 0; p < confusion.classes(); ++p) occurs += confusion.at(c, p);
    if (occurs + predicted[c] == 0) continue;
    ++counted;
    sum +=
        2.0 * static_cast<double>(confusion.at(c, c)) / static_cast<double>(occurs + predicted[c]);
  }
  return counted == 0 ? 0 : sum / static_cast<double>(counted);
}

std::vector<std::uint64_t> predicted_counts(const Confusion& confusion) {
  std::vector<std::uint64_t> out(confusion.classes());
  for (std::size_t c = 0; c < confusion.classes(); ++c) {
    for (std::size_t p = 0; p < confusion.classes(); ++p) out[p] += confusion.at(c, p);
  }
  return out;
}

std::vector<double> recalls(const Confusion& confusion) {
  std::vector<double> out(confusion.classes());
  for (std::size_t c = 0; c < confusion.classes(); ++c) {
    std::uint64_t occurs = 0;
    for (std::size_t p = 0; p < confusion.classes(); ++p) occurs += confusion.at(c, p);
    if (occurs > 0) {
      out[c] = static_cast<double>(confusion.at(c, c)) / static_cast<double>(occurs);
    }
  }
  return out;
}

Spread spread_of(std::vector<double> values) {
  CLEAVE_CHECK(!values.empty());
  std::sort(values.begin(), values.end());
  const double sum = std::accumulate(values.begin(), values.end(), 0.0);
  const std::size_t rank = (values.size() + 9) / 10;
  return {sum / static_cast<double>(values.size()), values.front(), values[rank - 1]};
}

}  // namespace cleave
