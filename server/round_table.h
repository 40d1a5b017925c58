// What a server prints on stdout: a table line a round, and the summary at the end.
#pragma once

#include <string>

#include "server/coordinator/record.h"

namespace cleave {

// Order of calls: row for every round; the first carries the heading.
class RoundTable {
 public:
  std::string row(const Json& line);

 private:
  bool heading_ = true;
};

// Status, accuracies, bytes by kind beside the closed form, work.
std::string summary_text(const Json& summary);

// Peak memory, threads, BLAS, seconds.
std::string measured_text(const Json& measured);

// "12.3 MB", powers of ten.
std::string human_bytes(double bytes);

}  // namespace cleave
