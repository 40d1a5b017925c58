#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/trainer/update_rule.h"

namespace cleave {
namespace {

using at::Tensor;

// The defaults of Shazeer & Stern (1804.04235), which its implementations share.
constexpr double kDecay = 0.8;
constexpr double kFloor = 1e-30;  // added to a squared gradient
constexpr double kLargestRms = 1.0;

// An average that keeps `keep` of what it holds.
void blend(float& average, double keep, double value) {
  average = static_cast<float>(keep * average + (1 - keep) * value);
}

double squared(float g) { return static_cast<double>(g) * g + kFloor; }

// One matrix (rows, columns): averages of its squared gradients by row and by column stand for
// their full table, R C^T / mean(R).
void scale_matrix(const float* g, std::int64_t rows, std::int64_t columns, double keep, float* row,
                  float* column, float* out) {
  std::vector<double> column_sums(static_cast<std::size_t>(columns));
  double row_mean = 0;
  for (std::int64_t i = 0; i < rows; ++i) {
    double sum = 0;
    for (std::int64_t j = 0; j < columns; ++j) {
      const double square = squared(g[i * columns + j]);
      sum += square;
      column_sums[static_cast<std::size_t>(j)] += square;
    }
    blend(row[i], keep, sum / static_cast<double>(columns));
    row_mean += row[i] / static_cast<double>(rows);
  }
  std::vector<double>& column_scales = column_sums;
  for (std::int64_t j = 0; j < columns; ++j) {
    double& scale = column_scales[static_cast<std::size_t>(j)];
    blend(column[j], keep, scale / static_cast<double>(rows));
    scale = 1 / std::sqrt(static_cast<double>(column[j]));
  }
  for (std::int64_t i = 0; i < rows; ++i) {
    const double row_scale = std::sqrt(row_mean / row[i]);
    for (std::int64_t j = 0; j < columns; ++j) {
      const std::int64_t at = i * columns + j;
      out[at] = static_cast<float>(g[at] * row_scale * column_scales[static_cast<std::size_t>(j)]);
    }
  }
}

// Of a tensor (..., rows, columns) every matrix for itself.
Tensor scale_matrices(const Tensor& grad, double keep, Moments& moments) {
  const std::int64_t rows = grad.size(-2), columns = grad.size(-1);
  const std::int64_t count = grad.numel() / (rows * columns);
  if (!moments.first.defined()) {
    moments.first = at::zeros({count, rows}, at::kFloat);
    moments.second = at::zeros({count, columns}, at::kFloat);
  }
  Tensor out = at::empty_like(grad);
  for (std::int64_t k = 0; k < count; ++k) {
    const std::int64_t begin = k * rows * columns;
    scale_matrix(grad.data_ptr<float>() + begin, rows, columns, keep,
                 moments.first.data_ptr<float>() + k * rows,
                 moments.second.data_ptr<float>() + k * columns, out.data_ptr<float>() + begin);
  }
  return out;
}

Tensor scale_vector(const Tensor& grad, double keep, Moments& moments) {
  if (!moments.second.defined()) moments.second = at::zeros_like(grad);
  Tensor out = at::empty_like(grad);
  const float* g = grad.data_ptr<float>();
  auto* average = moments.second.data_ptr<float>();
  for (std::int64_t i = 0; i < grad.numel(); ++i) {
    blend(average[i], keep, squared(g[i]));
    out.data_ptr<float>()[i] = static_cast<float>(g[i] / std::sqrt(average[i]));
  }
  return out;
}

double rms(const Tensor& x) {
  double sum = 0;
  for (std::int64_t i = 0; i < x.numel(); ++i) {
    const double value = x.data_ptr<float>()[i];
    sum += value * value;
  }
  return std::sqrt(sum / static_cast<double>(x.numel()));
}

}  // namespace

void adafactor_update(Tensor& value, const Tensor& grad, const Rates& rates, const UpdateOptions&,
                      Moments& moments) {
  const double keep = 1 - std::pow(static_cast<double>(++moments.steps), -kDecay);
  const Tensor g = grad.contiguous();
  const Tensor update =
      g.dim() >= 2 ? scale_matrices(g, keep, moments) : scale_vector(g, keep, moments);
  const double shrink = std::max(1.0, rms(update) / kLargestRms);
  if (rates.weight_decay != 0) value.mul_(1 - rates.lr * rates.weight_decay);
  value.add_(update, -rates.lr / shrink);
}

}  // namespace cleave
