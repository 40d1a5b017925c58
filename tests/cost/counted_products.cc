#include "tests/cost/counted_products.h"

#include <dlfcn.h>

#include <atomic>

namespace {

std::atomic<double> counted{0};

template <class Routine>
Routine* behind(const char* name) {
  return reinterpret_cast<Routine*>(dlsym(RTLD_NEXT, name));
}

using Gemm = void(const char*, const char*, const int*, const int*, const int*, const float*,
                  const float*, const int*, const float*, const int*, const float*, float*,
                  const int*);
using Gemv = void(const char*, const int*, const int*, const float*, const float*, const int*,
                  const float*, const int*, const float*, float*, const int*);

}  // namespace

extern "C" {

void sgemm_(const char* transa, const char* transb, const int* m, const int* n, const int* k,
            const float* alpha, const float* a, const int* lda, const float* b, const int* ldb,
            const float* beta, float* c, const int* ldc) {
  static Gemm* const own = behind<Gemm>("sgemm_");
  counted = counted + 1.0 * *m * *n * *k;
  own(transa, transb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void sgemv_(const char* trans, const int* m, const int* n, const float* alpha, const float* a,
            const int* lda, const float* x, const int* incx, const float* beta, float* y,
            const int* incy) {
  static Gemv* const own = behind<Gemv>("sgemv_");
  counted = counted + 1.0 * *m * *n;
  own(trans, m, n, alpha, a, lda, x, incx, beta, y, incy);
}

}  // extern "C"

namespace cleave::testing {

double counted_products() { return counted.exchange(0); }

}  // namespace cleave::testing
