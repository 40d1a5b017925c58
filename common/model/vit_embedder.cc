#include "common/model/vit_embedder.h"

#include <ATen/ATen.h>

#include <cmath>

#include "common/base/error.h"

namespace cleave {

using at::Tensor;

VitEmbedder::VitEmbedder(const ModelConfig& config, const WeightSource& weights)
    : config_(config),
      class_row_(weights("embeddings.cls_token", {1, 1, config.hidden}).view({1, config.hidden})),
      positions_(weights("embeddings.position_embeddings", {1, config.patches() + 1, config.hidden})
                     .view({config.patches() + 1, config.hidden})),
      projection_{weights("embeddings.patch_embeddings.projection.weight",
                          {config.hidden, config.channels, config.patch_size, config.patch_size})
                      .flatten(1),
                  weights("embeddings.patch_embeddings.projection.bias", {config.hidden})},
      pixel_values_(pixel_values(config.images)) {}

std::int64_t VitEmbedder::length(const Example&) const { return config_.patches() + 1; }

Tensor VitEmbedder::words(const Batch& batch) const {
  return patch_rows(normalised(batch).to(class_row_.scalar_type()));
}

Tensor VitEmbedder::place(const Tensor& words, const Layout& layout, const Batch&) const {
  CLEAVE_CHECK(layout.prompt_rows == 0);  // positions are those of patches
  return placed(words, layout.samples());
}

Tensor VitEmbedder::embed_pixels(const Tensor& pixels) const {
  return placed(patch_rows(pixels), pixels.size(0));
}

Tensor VitEmbedder::patch_rows(const Tensor& pixels) const {
  const std::int64_t samples = pixels.size(0), p = config_.patch_size;
  const std::int64_t side = config_.image_size / p;
  // Row-major patches, each in the order of the projection's weights.
  const Tensor patches = pixels.view({samples, config_.channels, side, p, side, p})
                             .permute({0, 2, 4, 1, 3, 5})
                             .reshape({samples * side * side, config_.channels * p * p});
  const Tensor rows = projection_(patches).view({samples, side * side, config_.hidden});
  const Tensor first = class_row_.expand({samples, 1, config_.hidden});
  return at::cat({first, rows}, 1).flatten(0, 1);
}

Tensor VitEmbedder::placed(const Tensor& words, std::int64_t samples) const {
  return (words.view({samples, -1, config_.hidden}) + positions_).flatten(0, 1);
}

Tensor VitEmbedder::fresh_prompt(std::int64_t tokens, const std::function<double()>& draw) const {
  const double area = 3.0 * static_cast<double>(config_.patch_size * config_.patch_size);
  const double bound = std::sqrt(6.0 / (area + static_cast<double>(config_.hidden)));
  Tensor prompt = at::empty({tokens, config_.hidden}, at::kFloat);
  float* const values = prompt.data_ptr<float>();
  for (std::int64_t i = 0; i < prompt.numel(); ++i) {
    values[i] = static_cast<float>((2 * draw() - 1) * bound);
  }
  return prompt;
}

Tensor VitEmbedder::normalised(const Batch& batch) const {
  const std::int64_t c = config_.channels, size = config_.image_size;
  Tensor pixels = at::empty({static_cast<std::int64_t>(batch.size()), c, size, size}, at::kFloat);
  float* out = pixels.data_ptr<float>();
  for (const Example* example : batch) {
    if (static_cast<std::int64_t>(example->pixels.size()) != c * size * size) {
      throw DataError("an image does not have the model's size; text given to an image model?");
    }
    const std::uint8_t* in = example->pixels.data();
    for (const auto& values : pixel_values_) {
      for (std::int64_t i = 0; i < size * size; ++i) *out++ = values[*in++];
    }
  }
  return pixels;
}

}  // namespace cleave
