#include "server/coordinator/fedavg.h"

#include <ATen/ATen.h>

#include <bit>
#include <cmath>

#include "common/base/error.h"

namespace cleave {
namespace {

constexpr int kScaleBits = 80;
constexpr float kMaxMagnitude = 1 << 15;
// weight * 2^15 * 2^80 must stay below 2^127 for the sum of all weights.
constexpr std::uint64_t kMaxTotalWeight = std::uint64_t{1} << 31;

// value * 2^80, rounded to nearest: exact where the value's last bit is worth at least 2^-80.
__int128 to_fixed(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const int exponent = static_cast<int>(bits >> 23 & 0xff);
  const auto fraction = static_cast<std::int64_t>(bits & 0x7fffff);
  // value = mantissa * 2^(max(exponent, 1) - 150)
  const std::int64_t mantissa = exponent == 0 ? fraction : fraction | 0x800000;
  const int shift = std::max(exponent, 1) - 150 + kScaleBits;
  __int128 magnitude = 0;
  if (shift >= 0) {
    magnitude = static_cast<__int128>(mantissa) << shift;
  } else if (shift > -26) {
    magnitude = (mantissa + (std::int64_t{1} << (-shift - 1))) >> -shift;
  }
  return bits >> 31 ? -magnitude : magnitude;
}

float to_float(__int128 sum, std::uint64_t weight) {
  const auto wide = static_cast<long double>(sum);  // 64 bits of mantissa
  return static_cast<float>(std::ldexp(wide / static_cast<long double>(weight), -kScaleBits));
}

void check_update(const State& update, const State& form, std::uint64_t weight) {
  check_same_form(update, form, "an update");
  if (weight == 0) throw DataError("an update with no samples behind it");
  for (const auto& [name, tensor] : update.tensors) {
    if (tensor.numel() == 0) continue;
    // NaN fails the comparison too.
    if (!(tensor.abs().max().item<float>() < kMaxMagnitude)) {
      throw DataError("an update whose " + name +
                      " is not finite or above 32768: it diverged; "
                      "lower the learning rates");
    }
  }
}

}  // namespace

void FedAvg::check(const State& update, std::uint64_t weight) const {
  check_update(update, form_, weight);
  if (weight > kMaxTotalWeight - total_weight_) {
    throw DataError("the updates' weights sum to over 2^31 samples");
  }
}

void FedAvg::add(const State& update, std::uint64_t weight) {
  check(update, weight);
  if (++count_ == 1) {
    only_ = update.clone();  // the sums, four times its size, wait for a second one
  } else {
    if (only_) accumulate(*only_, total_weight_);
    only_.reset();
    accumulate(update, weight);
  }
  total_weight_ += weight;
}

void FedAvg::accumulate(const State& update, std::uint64_t weight) {
  if (sums_.empty()) sums_.resize(static_cast<std::size_t>(form_.numel()));
  std::size_t next = 0;
  for (const auto& [name, tensor] : update.tensors) {
    const at::Tensor values = tensor.contiguous();
    const float* const data = values.data_ptr<float>();
    for (std::int64_t i = 0; i < values.numel(); ++i) {
      sums_[next++] += to_fixed(data[i]) * static_cast<__int128>(weight);
    }
  }
}

State FedAvg::finish() const {
  CLEAVE_CHECK(count_ >= 1);
  if (only_) return only_->clone();
  State mean = form_.clone();
  std::size_t next = 0;
  for (auto& [name, tensor] : mean.tensors) {
    float* const data = tensor.data_ptr<float>();
    for (std::int64_t i = 0; i < tensor.numel(); ++i)
      data[i] = to_float(sums_[next++], total_weight_);
  }
  return mean;
}

}  // namespace cleave
