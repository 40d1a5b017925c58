// Progress of a run on stderr: a bar on a terminal, one plain line a round elsewhere.
#pragma once

#include "server/coordinator/record.h"

namespace cleave {

class Progress {
 public:
  explicit Progress(std::int64_t rounds);
  void round(const Json& line);

 private:
  std::int64_t rounds_;
  bool terminal_;
};

}  // namespace cleave
