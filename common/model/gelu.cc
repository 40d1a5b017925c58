#include "common/model/gelu.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace cleave {
namespace {

// e^-t for t >= 0, to about 1e-7 of its value: 2^k e^r with |r| <= ln 2 / 2.
inline __attribute__((always_inline)) float exp_of_minus(float t) {
  constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding it rounds to a whole number
  // Compared as whole numbers, whose order is the same: a choice between floats may trap and keeps
  // compilers from vectorising.
  constexpr auto kMost = std::bit_cast<std::int32_t>(87.0f);
  const float x = -std::bit_cast<float>(std::min(std::bit_cast<std::int32_t>(t), kMost));
  const float shifted = x * 1.44269504f + kRound;
  const float k = shifted - kRound;
  const float r = (x - k * 0.693359375f) + k * 2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const std::int32_t power = (std::bit_cast<std::int32_t>(shifted) - 0x4b400000 + 127) << 23;
  return p * std::bit_cast<float>(power);
}

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

#if defined(__x86_64__)
__attribute__((target("avx512f"))) void each_avx512(const float* x, std::size_t n, float* y,
                                                    float* slope) {
  each(x, n, y, slope);
}
__attribute__((target("avx2,fma"))) void each_avx2(const float* x, std::size_t n, float* y,
                                                   float* slope) {
  each(x, n, y, slope);
}
#endif

}  // namespace

void gelu_with_slope(const float* x, std::size_t n, float* y, float* slope) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return each_avx512(x, n, y, slope);
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
    return each_avx2(x, n, y, slope);
  }
#endif
  each(x, n, y, slope);
}

}  // namespace cleave
