// Centralised training of the same tunables on the pooled data, without any network: the reference
// for the split path and the control for accuracy tables.
#pragma once

#include "client/local_model.h"
#include "server/body/body_step.h"
#include "simulation/simulation.h"

namespace cleave {

// One step of the unsplit algorithm, in one process.
StepOutcome whole_step(LocalModel& local, const Body& body, const Batch& batch);

// Logits (B, C) of the whole model, in the precision that the job's wire would give.
at::Tensor whole_logits(const LocalModel& local, const Body& body, const Batch& batch,
                        const RowsForm& form);

struct CentralisedOptions {
  std::int64_t passes = 1;
  bool reset_each_pass = true;  // else one optimiser with linear decay to zero
};

// Trains on all of `data` from the job's initial state. `order_client` names the random streams, so
// that a federated run of one client can be reproduced exactly. `after_pass` sees every pass's
// state.
State train_centralised(
    const JobInputs& inputs, const Body& body, const Dataset& data,
    const CentralisedOptions& options, const std::string& order_client,
    const std::function<void(const State&)>& after_pass = [](const State&) {});

// Evaluates on `data` in one process.
EvalReport evaluate_whole(const JobInputs& inputs, const Body& body, const State& state,
                          const Dataset& data);

// The controls that run.control asks for, with as many passes over the data as the federation
// makes: the last pass's dev accuracy by name, and every pass's.
Json run_controls(const JobInputs& inputs, int threads);

}  // namespace cleave
