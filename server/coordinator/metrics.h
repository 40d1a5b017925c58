// Classification measures from confusion counts: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace cleave {

// C x C counts, row = label, column = predicted.
struct Confusion {
  std::span<const std::uint64_t> counts;

  std::size_t classes() const;
  std::uint64_t at(std::size_t label, std::size_t predicted) const;
  std::uint64_t total() const;
};

double accuracy(const Confusion& confusion);
// The mean over classes of F1; a class that neither occurs nor is predicted does not count.
double macro_f1(const Confusion& confusion);
std::vector<std::uint64_t> predicted_counts(const Confusion& confusion);
// The share of each label that is predicted right; 0 for a label that does not occur.
std::vector<double> recalls(const Confusion& confusion);

struct Spread {
  double mean = 0, worst = 0, tenth_percentile = 0;
};
// The tenth percentile is the value at rank ceil(n / 10). Values must not be empty.
Spread spread_of(std::vector<double> values);

}  // namespace cleave
