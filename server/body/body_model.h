// The frozen upper layers with what one participant tunes in them, and the optimiser of that: all
// that the server computes for a client. It does no I/O, and is never given labels.
//
// Order of calls per training step: forward, backward. Not thread-safe; one step in flight. Memory
// bound: the body's tunables as often as state_copies says and the activations of the batch in
// flight; the frozen weights are shared with every other.
#pragma once

#include "common/exchange/job_trainer.h"
#include "common/exchange/parts.h"

namespace cleave {

// A step between its two halves.
struct BodyStep {
  at::Tensor input;  // (R, D), a fresh leaf: the client's graph ends at the wire
  Rows features;     // (R', D), with its graph
};

class BodyModel {
 public:
  // `start`: the body's part of a state (copied); empty where nothing in the body is tuned.
  BodyModel(const JobParts& parts, const Job& job, const State& start);

  BodyStep forward(const Rows& smashed);
  // The gradient with respect to the smashed data (R, D), and the optimiser's step.
  at::Tensor backward(BodyStep step, const at::Tensor& features_grad);

  // Forward only, for evaluation and prediction.
  Rows inference(const Rows& smashed) const;

  Trainer& trainer() { return trainer_; }

  State state() const { return state_.clone(); }
  // The tensors that are trained, with the gradients of the last step.
  const State& parameters() const { return state_; }

 private:
  State state_;  // leaves that require gradients
  Body body_;
  Trainer trainer_;
};

}  // namespace cleave
