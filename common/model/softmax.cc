#include "common/model/softmax.h"

#include "common/model/exp.h"
#include "common/model/instructions.h"

// The sums are reordered into as many as a vector register holds: `omp simd` allows it, which
// -fopenmp-simd turns on for this file and which needs no OpenMP.

namespace cleave {
namespace {

template <class T>
inline __attribute__((always_inline)) void row_softmax(T* x, std::int64_t n) {
  T most = x[0];
#pragma omp simd reduction(max : most)
  for (std::int64_t i = 0; i < n; ++i) most = x[i] > most ? x[i] : most;
  T sum = 0;
#pragma omp simd reduction(+ : sum)
  for (std::int64_t i = 0; i < n; ++i) {
    const T below = most - x[i];
    x[i] = exp_of_minus(below) + (below - below);  // the difference is 0, or NaN where it must be
    sum += x[i];
  }
  const T scale = 1 / sum;
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) x[i] *= scale;
}

template <class T>
inline __attribute__((always_inline)) void all_rows(T* x, std::int64_t rows, std::int64_t columns,
                                                    bool causal) {
  for (std::int64_t i = 0; i < rows; ++i, x += columns) {
    const std::int64_t seen = causal ? columns - rows + 1 + i : columns;
    row_softmax(x, seen);
    std::fill(x + seen, x + columns, T{0});
  }
}

template <class T>
inline __attribute__((always_inline)) void all_rows_backward(const T* p, T* dp, std::int64_t rows,
                                                             std::int64_t columns) {
  for (std::int64_t i = 0; i < rows; ++i, p += columns, dp += columns) {
    T dot = 0;
#pragma omp simd reduction(+ : dot)
    for (std::int64_t j = 0; j < columns; ++j) dot += p[j] * dp[j];
#pragma omp simd
    for (std::int64_t j = 0; j < columns; ++j) dp[j] = (dp[j] - dot) * p[j];
  }
}

CLEAVE_FOR_AVX512 void softmax_avx512(float* x, std::int64_t rows, std::int64_t columns,
                                      bool causal) {
  all_rows(x, rows, columns, causal);
}
CLEAVE_FOR_AVX2 void softmax_avx2(float* x, std::int64_t rows, std::int64_t columns, bool causal) {
  all_rows(x, rows, columns, causal);
}
void softmax_plain(float* x, std::int64_t rows, std::int64_t columns, bool causal) {
  all_rows(x, rows, columns, causal);
}

CLEAVE_FOR_AVX512 void backward_avx512(const float* p, float* dp, std::int64_t rows,
                                       std::int64_t columns) {
  all_rows_backward(p, dp, rows, columns);
}
CLEAVE_FOR_AVX2 void backward_avx2(const float* p, float* dp, std::int64_t rows,
                                   std::int64_t columns) {
  all_rows_backward(p, dp, rows, columns);
}
void backward_plain(const float* p, float* dp, std::int64_t rows, std::int64_t columns) {
  all_rows_backward(p, dp, rows, columns);
}

}  // namespace

void softmax(float* x, std::int64_t rows, std::int64_t columns, bool causal) {
  for_this_processor(softmax_avx512, softmax_avx2, softmax_plain)(x, rows, columns, causal);
}

void softmax(double* x, std::int64_t rows, std::int64_t columns, bool causal) {
  all_rows(x, rows, columns, causal);
}

void softmax_backward(const float* p, float* dp, std::int64_t rows, std::int64_t columns) {
  for_this_processor(backward_avx512, backward_avx2, backward_plain)(p, dp, rows, columns);
}

void softmax_backward(const double* p, double* dp, std::int64_t rows, std::int64_t columns) {
  all_rows_backward(p, dp, rows, columns);
}

}  // namespace cleave
