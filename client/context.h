// What one client brings to a job: its data, its id and where it computes. Plain references; all of
// it outlives the session.
#pragma once

#include <chrono>
#include <functional>
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
  // How long servers may take over one round or one evaluation of this client; 0: for ever.
  std::chrono::milliseconds round_deadline{0};
  // Told after each batch how many samples went through the model; on the I/O thread.
  std::function<void(std::size_t samples)> worked = [](std::size_t) {};
};

}  // namespace cleave
