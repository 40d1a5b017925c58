// summary.json from the journal: accuracies, bytes beside the closed form, work. A pure function of
// the run directory and the job's shape, so a resumed run has the summary of an uninterrupted one.
#pragma once

#include "common/config/job.h"
#include "common/cost/trace.h"
#include "server/coordinator/record.h"

namespace cleave {

struct SummaryInput {
  std::string status;  // "done", "interrupted" or "failed"
  const Job* job = nullptr;
  JobShape shape;
  const std::vector<Json>* rounds = nullptr;
  std::optional<Json> test;  // evaluation_json of the test data
  std::optional<Cost> test_traffic;
  std::optional<RoundTrace> test_trace;
  Json controls = Json::object();  // name -> dev accuracy
};

Json make_summary(const SummaryInput& input);

// Whether every round's ledger equals the closed form of its trace; the first difference in words.
struct FormCheck {
  bool equal = true;
  std::string difference;
};
FormCheck check_closed_form(const JobShape& shape, const RoundTrace& trace, const Cost& ledger);

}  // namespace cleave
