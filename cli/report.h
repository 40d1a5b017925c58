// What commands print about a run before it begins and once it is finished.
#pragma once

#include "server/coordinator/record.h"
#include "simulation/plan.h"

namespace cleave {

// What the whole job will send.
void print_planned_bill(const PlannedBill& planned);

// The summary, and what the machine gave.
void print_summary(const Json& summary, const Json& measured);

// One evaluation: accuracy, macro F1, NLL, predicted histogram.
void print_evaluation(const Json& evaluation, const std::vector<std::string>& labels);

}  // namespace cleave
