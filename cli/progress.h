// Progress of a run on stderr: a bar on a terminal, at most ten times a second; elsewhere one plain
// line a round, and one every ten seconds within it. The time left supposes that rounds are alike.
#pragma once

#include <chrono>
#include <string>

#include "server/coordinator/record.h"

namespace cleave {

class Progress {
 public:
  // `done` rounds are there already, of `rounds`.
  Progress(std::int64_t done, std::int64_t rounds);
  ~Progress();  // ends the bar's line: what is printed next, e.g. a failure, has its own
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void round(const Json& line);
  void within(std::uint32_t round, double share);

 private:
  using Clock = std::chrono::steady_clock;
  void draw(double rounds_done, const std::string& text);

  std::int64_t before_, rounds_;
  Clock::time_point begin_ = Clock::now(), told_ = begin_;
  bool terminal_;
  bool open_ = false;  // the cursor stands behind the bar
};

// "2 h 05 min", "3 min 20 s", "12 s".
std::string human_time(double seconds);

}  // namespace cleave
