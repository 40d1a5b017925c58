// What the machine decides about a run, for measured.json: seconds, memory, versions. Nothing in
// here may influence a result.
#pragma once

#include <chrono>

#include "common/base/peak_rss.h"
#include "server/coordinator/record.h"

namespace cleave {

class Stopwatch {
 public:
  double wall_seconds() const;

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

// Wall and CPU seconds, peak RSS, threads, BLAS, host, versions and git revision.
Json measure(const Stopwatch& watch, int threads);

}  // namespace cleave
