#include "common/model/gemm.h"

// The Fortran interface: the one that every BLAS has and that LibTorch itself calls.
extern "C" {
void sgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k,
            const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
            const float* beta, float* c, const int* ldc);
void dgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k,
            const double* alpha, const double* a, const int* lda, const double* b, const int* ldb,
            const double* beta, double* c, const int* ldc);
}

namespace cleave {
namespace {

// Fortran counts by columns: what is row-major to us is the transpose to it, so c^T = b^T a^T.
template <class T, class Routine>
void by_columns(Routine routine, std::int64_t m, std::int64_t n, std::int64_t k, T alpha,
                const MatrixView<T>& a, const MatrixView<T>& b, T* c, std::int64_t stride, T beta) {
  const int rows = static_cast<int>(n), columns = static_cast<int>(m), inner = static_cast<int>(k);
  const int lda = static_cast<int>(b.stride), ldb = static_cast<int>(a.stride);
  const int ldc = static_cast<int>(stride);
  routine(b.transposed ? "T" : "N", a.transposed ? "T" : "N", &rows, &columns, &inner, &alpha,
          b.data, &lda, a.data, &ldb, &beta, c, &ldc);
}

}  // namespace

void gemm(std::int64_t m, std::int64_t n, std::int64_t k, float alpha, MatrixView<float> a,
          MatrixView<float> b, float* c, std::int64_t stride, float beta) {
  by_columns(sgemm_, m, n, k, alpha, a, b, c, stride, beta);
}

void gemm(std::int64_t m, std::int64_t n, std::int64_t k, double alpha, MatrixView<double> a,
          MatrixView<double> b, double* c, std::int64_t stride, double beta) {
  by_columns(dgemm_, m, n, k, alpha, a, b, c, stride, beta);
}

}  // namespace cleave
