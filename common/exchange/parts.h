// What both ends derive from a job and a model: the frozen head, the form of what is tuned and of
// what crosses. Shared, read-only; simulated clients of one process hold the same one.
#pragma once

#include "common/config/job.h"
#include "common/data/label_map.h"
#include "common/exchange/messages.h"
#include "common/model/model.h"
#include "common/tuning/method.h"
#include "common/tuning/state.h"

namespace cleave {

enum class Task { kClassification, kCausalLm };

struct JobParts {
  ModelConfig config;
  const Architecture* architecture = nullptr;
  Cut cut;
  Task task = Task::kClassification;
  Pool pool = Pool::kMean;
  std::int64_t labels = 0;  // classes; 1 of a language model
  FrozenWeights frozen;
  WeightSource stored;  // the checkpoint's tensors in fp32
  std::shared_ptr<DerivedTensors> derived = std::make_shared<DerivedTensors>();
  Head head;           // without what is tuned
  State initial;       // round 0's state of a client; also the form of every one
  State update_form;   // what of it a client trains and sends back
  State body_initial;  // what the server tunes in the body: it crosses to no client
  RowsForm form;

  Readout readout() const { return {pool, task == Task::kCausalLm ? config.vocabulary : labels}; }
  State whole_initial() const { return merged(initial, body_initial); }
};

// Of a device, which holds no body and takes its first state from the server: only the form.
enum class Values { kAll, kFormOnly };

// `tokenizer` may be null for images, and where tuning.init needs no text.
// Errors: DataError when model and job do not fit (a cut too deep, a batch too large for a frame, a
// method that has no place in the model).
JobParts make_job_parts(const Model& model, const Job& job, const LabelMap& labels,
                        const Tokenizer* tokenizer = nullptr, Values values = Values::kAll);

TuningContext tuning_context(const JobParts& parts, const Job& job);

// The two sides' parts of a whole state.
State client_part(const State& whole, const JobParts& parts);
State body_part(const State& whole, const JobParts& parts);

// What a client sends of its state, and the state that its update makes of the round's.
State update_part(const State& client, const JobParts& parts);
State with_update(const State& client, const State& update, const JobParts& parts);

// How many numbers a job's state has on either side, and how many of them are held: acting, but
// not trained. From the configuration alone.
struct StateNumbers {
  std::int64_t client = 0, body = 0;
  std::int64_t client_held = 0, body_held = 0;
};
StateNumbers tuned_numbers(const TuningContext& context);  // the tail's left out
StateNumbers state_numbers(const Job& job, const ModelConfig& config, std::int64_t labels);

// The job's labels, else the model's.
LabelMap make_label_map(const Job& job, const ModelConfig& config);

}  // namespace cleave
