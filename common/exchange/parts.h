// What both ends derive from a job and a model: the frozen head, the form of what is tuned and of
// what crosses. Shared, read-only; simulated clients of one process hold the same one.
#pragma once

#include "common/config/job.h"
#include "common/data/label_map.h"
#include "common/exchange/messages.h"
#include "common/model/model.h"
#include "common/tuning/state.h"

namespace cleave {

struct JobParts {
  ModelConfig config;
  const Architecture* architecture = nullptr;
  Cut cut;
  Pool pool = Pool::kMean;
  std::int64_t labels = 0;
  Head head;
  State initial;  // round 0's state; also the form of every state
  RowsForm form;
};

// Errors: DataError when model and job do not fit (a cut too deep, a batch too large for a frame).
JobParts make_job_parts(const Model& model, const Job& job, std::int64_t labels);

// How many numbers a job tunes, from the configuration alone.
std::int64_t state_numbers(const Job& job, const ModelConfig& config, std::int64_t labels);

// The job's labels, else the model's.
LabelMap make_label_map(const Job& job, const ModelConfig& config);

}  // namespace cleave
