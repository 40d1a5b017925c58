#include "server/coordinator/aggregation/norm_bound.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace cleave {
namespace {

at::Tensor change_of(const at::Tensor& update, const at::Tensor& global) {
  return update.to(at::kDouble) - global.to(at::kDouble);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

}  // namespace

double update_norm(const State& update, const State& global) {
  double squares = 0;
  for (const auto& [name, tensor] : update.tensors) {
    squares += change_of(tensor, global.at(name)).square().sum().item<double>();
  }
  return std::sqrt(squares);
}

std::vector<double> norm_bounds(const std::vector<double>& norms, double factor) {
  std::vector<double> bounds;
  for (std::size_t i = 0; i < norms.size(); ++i) {
    std::vector<double> others = norms;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(i));
    bounds.push_back(others.empty() ? std::numeric_limits<double>::infinity()
                                    : factor * median(std::move(others)));
  }
  return bounds;
}

State shortened(const State& update, const State& global, double scale) {
  State out;
  for (const auto& [name, tensor] : update.tensors) {
    const at::Tensor& from = global.at(name);
    out.tensors.emplace_back(
        name, (from.to(at::kDouble) + change_of(tensor, from) * scale).to(at::kFloat));
  }
  return out;
}

}  // namespace cleave
