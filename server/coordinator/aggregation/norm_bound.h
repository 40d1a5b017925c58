// A bound on how far one client can move the average: an update may be at most so many times as
// long as the median of the round's other updates, and is scaled down to that (spec security.md 6,
// norm bound; relative, since no absolute length fits every method and round). Pure functions.
//
// The others' median, not everybody's: one of two clients then cannot raise its own bound. Of fewer
// than two updates there is none. It bounds lengths, not directions: it is no defence where half of
// the clients collude.
#pragma once

#include <string>
#include <vector>

#include "common/tuning/state.h"

namespace cleave {

// An update that was scaled down.
struct ShortenedUpdate {
  std::string client;
  double norm = 0, bound = 0;
};

// || update - global ||_2 over all tensors, in fp64.
double update_norm(const State& update, const State& global);

// For each of `norms` factor times the median of the others; the mean of the middle two if they are
// even in number. Infinity for a single one.
std::vector<double> norm_bounds(const std::vector<double>& norms, double factor);

// global + scale (update - global), computed in fp64.
State shortened(const State& update, const State& global, double scale);

}  // namespace cleave
