// Dense products of small matrices straight from the BLAS that stands behind LibTorch: for one head
// of one sample a tensor operation costs more in dispatch than in arithmetic. CPU memory only; no
// checks, no allocation.
#pragma once

#include <cstdint>

namespace cleave {

// A row-major matrix whose rows are `stride` numbers apart, or its transpose.
template <class T>
struct MatrixView {
  const T* data;
  std::int64_t stride;
  bool transposed = false;

  MatrixView t() const { return {data, stride, !transposed}; }
};

// c = alpha a b + beta c (beta = 0: whatever c was), with a (m, k), b (k, n) and c (m, n),
// row-major, rows `stride` numbers apart.
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, float alpha, MatrixView<float> a,
          MatrixView<float> b, float* c, std::int64_t stride, float beta = 0);
void gemm(std::int64_t m, std::int64_t n, std::int64_t k, double alpha, MatrixView<double> a,
          MatrixView<double> b, double* c, std::int64_t stride, double beta = 0);

}  // namespace cleave
