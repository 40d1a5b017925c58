#include "client/predictions.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

namespace cleave {

std::string prediction_lines(const at::Tensor& logits, const std::vector<std::string>& labels) {
  const at::Tensor values = logits.contiguous();  // (B, C)
  const at::Tensor p = at::softmax(values, 1);
  const auto classes = static_cast<std::size_t>(values.size(1));
  std::string out;
  for (std::int64_t i = 0; i < values.size(0); ++i) {
    const float* const row = values.data_ptr<float>() + i * values.size(1);
    const auto best = std::max_element(row, row + classes) - row;
    nlohmann::ordered_json line = {{"label", labels[static_cast<std::size_t>(best)]},
                                   {"probability", p[i][best].item<float>()},
                                   {"logits", std::vector<float>(row, row + classes)}};
    out += line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
  }
  return out;
}

}  // namespace cleave
