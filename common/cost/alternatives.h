// What else could be done with the same data over the same rounds, priced like the job itself: in
// bytes on the sockets, work and memory of the devices. It says nothing of accuracy.
#pragma once

#include <string>
#include <vector>

#include "common/cost/trace.h"

namespace cleave {

struct Alternative {
  std::string name;
  std::uint64_t bytes = 0;   // evaluations and sessions included
  double device_flops = 0;   // of all participants together
  double device_memory = 0;  // of one, at the largest step
};

// A job's plan, as far as the prices depend on it.
struct PlannedJob {
  const JobShape& shape;
  const std::vector<RoundTrace>& rounds;
  BatchTrace largest;  // step, with prompt rows
  WorkTrace data;      // all clients' training samples, text rows
};

inline constexpr std::uint64_t kAlternativeRank = 8;

// The job; its state with the whole model on the device; LoRA of rank 8 on queries and values, and
// FedAvg of all weights, both without what the job tunes and its bypass; sending every sample once,
// a text as 4 bytes a token, a picture as a byte a value.
std::vector<Alternative> alternatives(const PlannedJob& job);

// The shapes of the middle three.
JobShape whole_on_device(JobShape shape);
JobShape federated_lora(JobShape shape, std::uint64_t rank);
JobShape full_fedavg(JobShape shape);

}  // namespace cleave
