// Softmax over the rows of a matrix and its backward, in place and row by row, so that a row stays
// in the nearest cache. For plain row-major arrays, no tensors.
#pragma once

#include <cstdint>

namespace cleave {

// x (rows, columns): scores become probabilities. With `causal` the last row sees every column and
// each row before it one less; what a row does not see becomes 0. NaN where a row holds one, or an
// infinity.
void softmax(float* x, std::int64_t rows, std::int64_t columns, bool causal);
void softmax(double* x, std::int64_t rows, std::int64_t columns, bool causal);

// With probabilities p and their gradient dp, both (rows, columns): dp becomes the gradient of the
// scores, (dp - sum(dp p)) p in every row.
void softmax_backward(const float* p, float* dp, std::int64_t rows, std::int64_t columns);
void softmax_backward(const double* p, double* dp, std::int64_t rows, std::int64_t columns);

}  // namespace cleave
