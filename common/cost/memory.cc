#include "common/cost/memory.h"

namespace cleave {
namespace {

double d(std::uint64_t value) { return static_cast<double>(value); }

double block_weights(const JobShape& s) {
  const double linear = 4 * d(s.width) * d(s.width) + 2 * d(s.width) * d(s.intermediate);
  const double vectors = 9 * d(s.width) + d(s.intermediate);
  return 4 * (linear + vectors);
}

// What one block keeps for its backward: q, k, v, two norm inputs, two norm outputs and the
// activation's input. Attention's scores are made again.
double block_activations(const JobShape& s, double rows) {
  return 4 * rows * (7 * d(s.width) + d(s.intermediate));
}

// Values once, and of what is trained gradients and the trainer's copies too.
double state_bytes(const JobShape& s, std::uint64_t numbers, std::uint64_t held) {
  return 4.0 * (d(s.state_copies) * d(numbers - held) + d(held));
}

}  // namespace

Memory memory_estimate(const JobShape& s, std::uint64_t rows) {
  const double block = block_activations(s, d(rows));
  Memory out;
  out.client_weights = d(s.head_blocks) * block_weights(s);
  out.client_state = state_bytes(s, s.state_numbers, s.held_numbers);
  out.client_activations = d(s.head_blocks + s.tail_blocks) * block;
  out.body_state = state_bytes(s, s.body_numbers, s.body_held_numbers);
  out.body_weights = d(s.body_blocks) * block_weights(s);
  out.body_activations = d(s.body_blocks) * block;
  return out;
}

}  // namespace cleave
