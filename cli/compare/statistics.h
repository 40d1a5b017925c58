// Means, spreads and paired intervals over seeds: pure functions.
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace cleave {

double mean_of(std::span<const double> values);
// With n - 1; 0 for one value.
double deviation_of(std::span<const double> values);

struct Interval {
  double low = 0, high = 0;
};
// The paired t interval of 95 % of the mean of the differences a - b: mean +- t s / sqrt(n), with
// the quantile t of Student's distribution of n - 1 degrees of freedom. It takes the differences
// for normal, and so is wide for a few pairs, as it must be; one pair has none. Sizes are equal,
// above 0.
std::optional<Interval> paired_interval(std::span<const double> a, std::span<const double> b);

}  // namespace cleave
