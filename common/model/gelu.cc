#include "common/model/gelu.h"

#include <cmath>

#include "common/model/exp.h"
#include "common/model/instructions.h"

namespace cleave {
namespace {

// Abramowitz and Stegun 7.1.26 for the distribution's tail.
inline __attribute__((always_inline)) void each(const float* x, std::size_t n, float* y,
                                                float* slope) {
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    const float v = x[i];
    const float bell = exp_of_minus(0.5f * v * v);
    const float k = 1.0f / (1.0f + 0.231641900f * std::fabs(v));  // 0.3275911 / sqrt 2
    float p = 1.061405429f;
    p = p * k - 1.453152027f;
    p = p * k + 1.421413741f;
    p = p * k - 0.284496736f;
    p = p * k + 0.254829592f;
    const float tail = 0.5f * p * k * bell;  // Phi(-|v|)
    const float phi = 0.5f + std::copysign(0.5f - tail, v);
    y[i] = v * phi;
    slope[i] = phi + v * bell * 0.398942280f;
  }
}

CLEAVE_FOR_AVX512 void each_avx512(const float* x, std::size_t n, float* y, float* slope) {
  each(x, n, y, slope);
}
CLEAVE_FOR_AVX2 void each_avx2(const float* x, std::size_t n, float* y, float* slope) {
  each(x, n, y, slope);
}
void each_plain(const float* x, std::size_t n, float* y, float* slope) { each(x, n, y, slope); }

}  // namespace

void gelu_with_slope(const float* x, std::size_t n, float* y, float* slope) {
  for_this_processor(each_avx512, each_avx2, each_plain)(x, n, y, slope);
}

}  // namespace cleave
