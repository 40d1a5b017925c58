// Means, spreads and paired intervals over seeds: pure functions.
#pragma once

#include <span>
#include <vector>

namespace cleave {

double mean_of(std::span<const double> values);
// With n - 1; 0 for one value.
double deviation_of(std::span<const double> values);

struct Interval {
  double low = 0, high = 0;
};
// The bootstrap 95 % interval of the mean of paired differences a - b, from 10,000 draws of a fixed
// stream. With three pairs it can be no wider than the differences' range. Sizes are equal, above
// 0.
Interval paired_interval(std::span<const double> a, std::span<const double> b);

}  // namespace cleave
