// Which refusals are worth a log line: the first of each source in a while, and how many came
// since. A flood of strangers costs a line every ten seconds. Pure: the time is an argument.
//
// Memory bound: a source each; sources are ids of the roster, and one for all strangers.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace cleave {

class Refusals {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::seconds kQuiet{10};

  // The line to log for a refusal, or nothing.
  std::optional<std::string> note(const std::string& source, const std::string& text,
                                  Clock::time_point now = Clock::now());

 private:
  struct Source {
    Clock::time_point logged;
    std::size_t suppressed = 0;
  };
  std::map<std::string, Source> sources_;
};

}  // namespace cleave
