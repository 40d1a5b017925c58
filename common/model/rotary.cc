#include "common/model/rotary.h"

#include <ATen/ATen.h>

namespace cleave {

using at::Tensor;

Rotation rotation_of(const Layout& layout, std::int64_t rows, std::int64_t head_width,
                     double theta) {
  std::vector<double> positions;
  for (const std::int64_t n : layout.lengths) {
    for (std::int64_t i = 0; i < n; ++i)
      positions.push_back(static_cast<double>(layout.first_position + i));
  }
  positions.resize(static_cast<std::size_t>(rows));
  const Tensor j = at::arange(0, head_width, 2, at::kDouble) / static_cast<double>(head_width);
  const Tensor angles = at::outer(at::tensor(positions, at::kDouble), at::pow(theta, -j));
  return {angles.cos().unsqueeze(1), angles.sin().unsqueeze(1)};
}

Tensor rotate(const Tensor& x, const Rotation& rotation) {
  const at::ScalarType type = x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  const std::int64_t half = rotation.cosine.size(2);
  const Tensor cosine = rotation.cosine.to(type), sine = rotation.sine.to(type);
  const Tensor heads = x.to(type).view({x.size(0), -1, 2 * half});  // (R, H, d)
  const Tensor first = heads.narrow(2, 0, half), second = heads.narrow(2, half, half);
  return at::cat({first * cosine - second * sine, second * cosine + first * sine}, 2)
      .view(x.sizes())
      .to(x.scalar_type());
}

Tensor half_split(const Tensor& weight, std::int64_t heads) {
  const std::int64_t width = weight.size(0) / heads;
  return weight.reshape({heads, width / 2, 2, weight.size(1)})
      .transpose(1, 2)
      .reshape(weight.sizes());
}

}  // namespace cleave
