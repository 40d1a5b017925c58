// Centralised training of the same tunables on the pooled data, without any network: the reference
// for the split path and the control for accuracy tables.
#pragma once

#include "simulation/simulation.h"
#include "simulation/whole_model.h"

namespace cleave {

struct CentralisedOptions {
  std::int64_t passes = 1;
  // Else one optimiser, with linear decay to zero where the job has no schedule of its own.
  bool reset_each_pass = true;
};

// Trains on all of `data` from the job's initial state. `order_client` names the random streams, so
// that a federated run of one client can be reproduced exactly. A pass stands for a round: the
// job's schedule runs over all passes, FedProx pulls to a pass's start. `after_pass` sees every
// pass's state.
State train_centralised(
    const JobInputs& inputs, const Dataset& data, const CentralisedOptions& options,
    const std::string& order_client,
    const std::function<void(const State&)>& after_pass = [](const State&) {});

// Evaluates on `data` in one process.
EvalReport evaluate_whole(const JobInputs& inputs, const State& state, const Dataset& data);

// The controls that run.control asks for, with as many passes over the data as the federation
// makes: the last pass's dev accuracy by name, and every pass's.
Json run_controls(const JobInputs& inputs, int threads);

}  // namespace cleave
