// Server optimisers: a round's average is not the new state but a direction for it. Pure functions
// of (global, average, memory); federation.server_optimizer chooses.
//
// With D = average - global, in fp64 and rounded to fp32 at the end (memory too):
//   none      x' = average
//   fedavgm   m' = momentum m + D,              x' = global + lr m'     (arXiv 1909.06335)
//   fedadam   m' = beta1 m + (1 - beta1) D,     x' = global + lr m' / (sqrt(v') + tau)
//             v' = beta2 v + (1 - beta2) D^2    (arXiv 2003.00295, algorithm 2: without bias
//             correction; m begins at 0 and v at tau^2)
#pragma once

#include <string>
#include <string_view>

#include "common/config/job.h"
#include "common/tuning/state.h"

namespace cleave {

struct ServerOptimizer {
  std::string name = "none";
  double lr = 1, momentum = 0.9, beta1 = 0.9, beta2 = 0.99, tau = 1e-3;
};

// The job's, with the rate that federation.server_lr = 0 stands for.
ServerOptimizer server_optimizer(const Job& job);
std::string_view paper_of(const ServerOptimizer& optimizer);  // "" for none

struct ServerStep {
  State state;
  State memory;  // "momentum.NAME", with fedadam "variance.NAME" too: for the next step
};

// `memory` is empty before the first step.
// Errors: DataError when memory is another optimiser's or state's, or the step diverges.
ServerStep server_step(const ServerOptimizer& optimizer, const State& global, const State& average,
                       const State& memory);

}  // namespace cleave
