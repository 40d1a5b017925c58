// Images to rows: patches through one linear map, a class row in front, learned positions.
#pragma once

#include <array>
#include <vector>

#include "common/model/block.h"
#include "common/model/layers.h"
#include "common/model/model_config.h"

namespace cleave {

class VitEmbedder : public Embedder {
 public:
  VitEmbedder(const ModelConfig& config, const WeightSource& weights);

  std::int64_t length(const Example& example) const override;
  at::Tensor words(const Batch& batch) const override;  // (B (N + 1), D)
  at::Tensor place(const at::Tensor& words, const Layout& layout,
                   const Batch& batch) const override;
  // VPT's: uniform in +-sqrt(6 / (3 patch^2 + D)).
  at::Tensor fresh_prompt(std::int64_t tokens, const std::function<double()>& draw) const override;

  // From normalised pixels (B, channels, size, size).
  at::Tensor embed_pixels(const at::Tensor& pixels) const;

 private:
  at::Tensor patch_rows(const at::Tensor& pixels) const;
  at::Tensor placed(const at::Tensor& words, std::int64_t samples) const;
  at::Tensor normalised(const Batch& batch) const;  // (B, channels, size, size)

  ModelConfig config_;
  at::Tensor class_row_;                              // (1, D)
  at::Tensor positions_;                              // (N + 1, D)
  Linear projection_;                                 // (D, channels * patch^2)
  std::vector<std::array<float, 256>> pixel_values_;  // of each byte, per channel
};

}  // namespace cleave
