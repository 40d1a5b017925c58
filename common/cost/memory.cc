#include "common/cost/memory.h"

#include <algorithm>

namespace cleave {
namespace {

double d(std::uint64_t value) { return static_cast<double>(value); }

// Logits of every row of a language model, their copy without the rows that predict nothing, and
// their logarithms.
constexpr double kLogits = 3;

double weights(const JobShape& s, std::uint64_t begin, std::uint64_t end) {
  double numbers = 0;
  for (std::uint64_t k = begin; k < end; ++k)
    numbers += d(s.blocks[k].linear + s.blocks[k].vectors);
  return d(s.weight_bytes) * numbers;
}

// What blocks keep for their backward. Attention's scores are made again.
double activations(const JobShape& s, std::uint64_t begin, std::uint64_t end, double rows,
                   std::uint64_t BlockShape::*kept) {
  double numbers = 0;
  for (std::uint64_t k = begin; k < end; ++k) {
    numbers += d(s.blocks[k].*kept + s.blocks[k].added.kept);
  }
  return 4 * rows * numbers;
}

// Values once, and of what is trained gradients and the trainer's copies too.
double state_bytes(const JobShape& s, std::uint64_t numbers, std::uint64_t held) {
  return 4.0 * (d(s.state_copies) * d(numbers - held) + d(held));
}

}  // namespace

Memory memory_estimate(const JobShape& s, std::uint64_t rows) {
  const std::uint64_t body = s.head_blocks, tail = body + s.body_blocks;
  const double output = d(s.width) * d(s.vocabulary);
  Memory out;
  out.client_weights = weights(s, 0, body) + 4 * output;
  out.client_state = state_bytes(s, s.state_numbers, s.held_numbers);
  out.client_activations =
      activations(s, std::min(s.tuned_block, body), body, d(rows), &BlockShape::kept) +
      activations(s, tail, tail + s.tail_blocks, d(rows), &BlockShape::kept_trained) +
      4 * kLogits * d(rows) * d(s.vocabulary);
  out.body_state = state_bytes(s, s.body_numbers, s.body_held_numbers);
  out.body_weights = weights(s, body, tail);
  out.body_activations = activations(s, body, tail, d(rows), &BlockShape::kept);
  return out;
}

}  // namespace cleave
