// What one client brings to a job: its data, its id and where it computes. Plain references; all of
// it outlives the session.
#pragma once

#include <string>

#include "common/base/lane.h"
#include "common/data/example.h"
#include "common/exchange/parts.h"

namespace cleave {

struct ClientContext {
  std::string id;
  const Job& job;
  const JobParts& parts;
  Lane& lane;
  const Dataset* train = nullptr;  // null for an evaluator
  const Dataset* dev = nullptr;
  const Dataset* test = nullptr;
};

}  // namespace cleave
