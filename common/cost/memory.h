// Estimates of resident memory in closed form, from shapes alone; what a program holds beside them
// (libraries, buffers) is not counted.
#pragma once

#include "common/cost/trace.h"

namespace cleave {

// Bytes, as floating point: these are estimates.
struct Memory {
  // Of head blocks and of a language model's output layer; the embedding is mapped and read by row,
  // the tail is state.
  double client_weights = 0;
  double client_state = 0;        // of the tuned state: values, gradients, what the trainer keeps
  double client_activations = 0;  // of head, tail and a language model's logits, for one batch
  double body_weights = 0;
  double body_activations = 0;  // per client in flight
  double body_state = 0;        // per participant of a round: as client_state, of the body's
};

// For a batch of `rows` rows, all samples' together.
Memory memory_estimate(const JobShape& shape, std::uint64_t rows);

}  // namespace cleave
