// What a server prints on stdout: a table line a round, and the summary at the end.
#pragma once

#include <string>

#include "common/cost/bill.h"
#include "server/coordinator/record.h"

namespace cleave {

// Order of calls: row for every round; the first carries the heading.
class RoundTable {
 public:
  std::string row(const Json& line);

 private:
  bool heading_ = true;
};

// The bill in one line, its level said.
std::string bill_text(const Bill& bill);

// The bill, status, accuracies, bytes by kind beside the closed form, work.
std::string summary_text(const Json& summary);

// What TLS measured where there were sockets, peak memory, threads, BLAS, seconds.
std::string measured_text(const Json& measured);

// "12.3 MB", powers of ten.
std::string human_bytes(double bytes);

}  // namespace cleave
