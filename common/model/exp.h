// An exponential that compilers turn into vector instructions. For the inner loops of this folder.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace cleave {

// e^-t for t >= 0, to about 1e-7 of its value: 2^k e^r with |r| <= ln 2 / 2. Above 87 as at 87.
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
inline double exp_of_minus(double t) { return std::exp(-t); }

}  // namespace cleave
