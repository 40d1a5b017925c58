// What a body server can read of a text from its smashed data and the public weights: for every row
// the vocabulary's token whose own row, computed in advance, is nearest. It shows what is easy, not
// the most that is possible.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "simulation/simulation.h"

namespace cleave {

// Rows of texts, without the prompt's and the special tokens', and what they came from.
struct TextRows {
  at::Tensor x;                         // (R, D)
  std::vector<std::int64_t> positions;  // per row, in its text
  std::vector<std::int32_t> tokens;     // per row
};

// The smashed data of the job at its initial prompt, of each text's first `length` tokens; the
// whole text is computed.
TextRows smashed_rows(const JobInputs& inputs, const Dataset& texts, std::int64_t length);

// The rows of the same tokens that leave the embedding block.
TextRows embedded_rows(const JobInputs& inputs, const Dataset& texts, std::int64_t length);

// The least-squares map from smashed to embedded rows of texts that the attacker knows, applied to
// others.
at::Tensor mapped_back(const TextRows& known_smashed, const TextRows& known_embedded,
                       const at::Tensor& x);

// The token of every row: at its position the one whose row through `dictionary`, as a text of its
// own, has the largest cosine.
std::vector<std::int32_t> nearest_tokens(const Head& dictionary, std::int64_t vocabulary,
                                         const TextRows& rows);

// Fractions of rows whose token was found, and that the commonest token would get.
double recovered(const std::vector<std::int32_t>& found, const std::vector<std::int32_t>& tokens);
double commonest(const std::vector<std::int32_t>& tokens);

}  // namespace cleave
