// What commands print about a finished run.
#pragma once

#include "server/coordinator/record.h"

namespace cleave {

// The summary, and what the machine gave.
void print_summary(const Json& summary, const Json& measured);

// One evaluation: accuracy, macro F1, NLL, predicted histogram.
void print_evaluation(const Json& evaluation, const std::vector<std::string>& labels);

}  // namespace cleave
