// The factor of all rates over a job's steps, as a pure function. It does not count steps: whoever
// trains says where it stands.
#pragma once

#include <cstdint>
#include <string>

namespace cleave {

enum class Decay { kConstant, kLinear, kCosine };

// Errors: DataError.
Decay parse_decay(const std::string& name);

struct Schedule {
  Decay decay = Decay::kConstant;
  std::int64_t warmup = 0;  // steps
};

// The 0-based step of `total`. Floating point, as products of a job's counts may pass 64 bits.
struct GlobalStep {
  double step = 0;
  double total = 1;
};

// With w = warmup, s = step, T = total: (s + 1) / w while s < w; then 1 (constant),
// (T - s) / (T - w) (linear) or (1 + cos(pi (s - w) / (T - w))) / 2 (cosine), and of the last two
// 0 from s = T on. In [0, 1]; the forms of HF transformers, with a first step that is not lost at
// 0.
double rate_factor(const Schedule& schedule, const GlobalStep& at);

}  // namespace cleave
