#include "common/trainer/schedule.h"

#include <cmath>
#include <numbers>

#include "common/base/error.h"

namespace cleave {

Decay parse_decay(const std::string& name) {
  if (name == "constant") return Decay::kConstant;
  if (name == "linear") return Decay::kLinear;
  if (name == "cosine") return Decay::kCosine;
  throw DataError("optimizer.schedule: expected \"constant\", \"linear\" or \"cosine\", found \"" +
                  name + "\"");
}

double rate_factor(const Schedule& schedule, const GlobalStep& at) {
  const auto warmup = static_cast<double>(schedule.warmup);
  if (at.step < warmup) return (at.step + 1) / warmup;
  if (schedule.decay == Decay::kConstant) return 1;
  if (at.step >= at.total) return 0;
  const double left = (at.total - at.step) / (at.total - warmup);
  if (schedule.decay == Decay::kLinear) return left;
  return (1 + std::cos(std::numbers::pi * (1 - left))) / 2;
}

}  // namespace cleave
