// Wall and CPU seconds between two moments: CPU of the whole process, so that no thread hides work.
#pragma once

#include <ctime>

namespace cleave {

struct Seconds {
  double wall = 0, cpu = 0;
};

inline double seconds_of(clockid_t clock) {
  timespec time{};
  clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

inline Seconds now() { return {seconds_of(CLOCK_MONOTONIC), seconds_of(CLOCK_PROCESS_CPUTIME_ID)}; }

inline Seconds since(const Seconds& start) {
  const Seconds end = now();
  return {end.wall - start.wall, end.cpu - start.cpu};
}

}  // namespace cleave
