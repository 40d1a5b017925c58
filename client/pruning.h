// Which samples still teach: scores and selection as pure functions (spec pruning_and_data.md 1,
// 2). No tensors, no randomness but the stream that is handed in.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/base/random.h"
#include "common/exchange/kept.h"

namespace cleave {

// EL2N of one sample: || softmax(logits) - onehot(label) ||_2, in [0, sqrt 2).
double el2n(std::span<const float> logits, std::int32_t label);

// Positions of the keep_count highest scores in rank order; ties, to 1e-6, by lower position.
std::vector<std::uint32_t> keep_hardest(std::span<const double> scores, double keep);

// The same within each label: keep_count of every label's samples. Ascending positions.
std::vector<std::uint32_t> keep_hardest_by_label(std::span<const double> scores,
                                                 std::span<const std::int32_t> labels, double keep);

// One uniform score per sample: selection by it is a random draw.
std::vector<double> random_scores(std::size_t n, Stream stream);

}  // namespace cleave
