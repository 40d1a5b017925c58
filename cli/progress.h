// Progress of a run on stderr: a bar on a terminal, one plain line a round elsewhere.
#pragma once

#include "server/coordinator/record.h"

namespace cleave {

class Progress {
 public:
  explicit Progress(std::int64_t rounds);
  ~Progress();  // ends the bar's line: what is printed next, e.g. a failure, has its own
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  void round(const Json& line);

 private:
  std::int64_t rounds_;
  bool terminal_;
  bool open_ = false;  // the cursor stands behind the bar
};

}  // namespace cleave
