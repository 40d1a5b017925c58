// Texts of a fixture's padded id matrix, as a batch.
#pragma once

#include <ATen/ATen.h>

#include <vector>

#include "common/data/example.h"

namespace cleave::testing {

struct Texts {
  std::vector<Example> examples;
  Batch batch;

  // ids and mask (B, T)
  Texts(const at::Tensor& ids, const at::Tensor& mask) {
    for (std::int64_t i = 0; i < ids.size(0); ++i) {
      Example& example = examples.emplace_back();
      for (std::int64_t j = 0; j < mask[i].sum().item<std::int64_t>(); ++j) {
        example.ids.push_back(ids[i][j].item<std::int32_t>());
      }
      example.pair_begin = static_cast<std::int32_t>(example.ids.size());
    }
    for (const Example& example : examples) batch.push_back(&example);
  }
};

}  // namespace cleave::testing
