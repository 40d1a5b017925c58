// What a job will send and compute, before anything runs: the traces of its rounds from the
// partition, the texts' lengths and the random streams, which need no training.
#pragma once

#include "common/cost/bill.h"
#include "simulation/simulation.h"

namespace cleave {

// Three traces of a job. They are the same, and `exact` is true, where the choice of samples does
// not depend on training.
struct Plan {
  bool exact = true;
  std::vector<RoundTrace> least, expected, most;
};

// From the data itself. Deployed, every client evaluates on dev data of its own, which `evaluators`
// deals; else one evaluates on all.
Plan plan_job(const JobInputs& inputs, const Partition& partition,
              const Partition& evaluators = {});

// The bill of the whole job, expected where the plan is not exact. Rounds are priced one by one and
// not kept, so that a run may begin with it however many there are.
struct PlannedBill {
  bool exact = true;
  Bill bill;
};
PlannedBill planned_bill(const JobInputs& inputs, const Partition& partition,
                         const Partition& evaluators = {});

// All samples, text rows only.
WorkTrace text_work(const Dataset& data, const Embedder& embedder);

// From text lengths alone: n samples of mean rows (prompt not counted), none above max, dealt
// evenly to the clients; tuning adds `prompt` rows to each. Evaluation is left out: nothing is
// known of its data.
struct Lengths {
  double mean = 0;
  std::int64_t max = 0;
  std::int64_t samples = 0;
};
// "mean:max:N", e.g. "23.5:60:6920". Errors: UsageError.
Lengths parse_lengths(const std::string& text);
Plan plan_from_lengths(const Job& job, std::uint64_t prompt, const Lengths& lengths);

}  // namespace cleave
