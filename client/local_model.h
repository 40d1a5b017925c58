// All computation of one device: head, tail, loss and optimiser of one client for one round. It
// does no I/O; the split step (split_step.h) carries what begin, middle and finish give and take.
//
// Order of calls per split step: begin, middle, finish. Not thread-safe. Memory bound: the state
// as often as state_copies says and one batch's activations of head and tail.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "common/exchange/job_trainer.h"
#include "common/exchange/parts.h"

namespace cleave {

struct StepOutcome {
  double loss = 0;                      // mean over the batch's samples or predicted tokens
  std::vector<std::int32_t> predicted;  // class per sample, before the step's update
};

class LocalModel {
 public:
  LocalModel(const JobParts& parts, const Job& job, const State& start);

  // Embeds and runs the head with what is tuned in it; keeps the graph for finish. (R, D)
  Rows begin(const Batch& batch);

  struct Middle {
    StepOutcome outcome;
    at::Tensor grad;  // of the loss with respect to the features, (R, D)
  };
  // Tail and loss on the features that came back, and their backward.
  Middle middle(const at::Tensor& features, const Layout& layout, const Batch& batch);

  // The head's backward from the gradient of the smashed data, and the optimiser's step.
  void finish(const at::Tensor& smashed_grad);

  // One step head to tail, body skipped, no traffic (spec sfprompt.md 3, phase 1).
  StepOutcome bypass_step(const Batch& batch);
  // Logits (B, C) of that path, without gradients; without what is tuned in the head where `tuned`
  // is false.
  at::Tensor bypass_logits(const Batch& batch, bool tuned) const;

  // Forward only, for evaluation and prediction.
  Rows smashed(const Batch& batch) const;
  // (B, C), or (R, V) of a language model
  at::Tensor logits(const at::Tensor& features, const Layout& layout) const;

  // What the trainer (trainer.h) offers: forgets the moments, takes the present state for the
  // round's start, says where in the job the next steps stand, and scales the rates beside the
  // schedule.
  void reset_optimizer() { trainer_.reset(); }
  void set_anchor() { trainer_.set_anchor(); }
  void set_step(const GlobalStep& at) { trainer_.set_step(at); }
  void scale_rates(double factor) { trainer_.scale_rates(factor); }
  State state() const { return state_.clone(); }
  // The tensors that are trained, with the gradients of the last step as the update rule saw them.
  const State& parameters() const { return state_; }

 private:
  const JobParts& parts_;
  const Job& job_;
  State state_;  // leaves that require gradients; head_ and tail_ are built over them
  Head head_;
  Tail tail_;
  Trainer trainer_;
  at::Tensor pending_;  // the head's output, from begin to finish
};

}  // namespace cleave
