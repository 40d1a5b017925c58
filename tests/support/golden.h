// Reading the fixtures of tests/golden, and where models that tests need may lie.
#pragma once

#include <ATen/ATen.h>

#include <cstring>
#include <filesystem>
#include <string>

#include "common/base/files.h"
#include "common/base/safetensors.h"
#include "common/model/torch_dtype.h"

namespace cleave::testing {

inline fs::path golden_folder() { return fs::path(CLEAVE_SOURCE_DIR) / "tests" / "golden"; }

// Real MiniLM weights, which scripts/fetch-minilm puts there; tests that need them skip without.
inline fs::path minilm_folder() { return fs::path(CLEAVE_SOURCE_DIR) / "models" / "minilm"; }
inline bool has_minilm() { return fs::exists(minilm_folder() / "model.safetensors"); }

// Tolerances of the fixtures, for a correct implementation in fp32.
inline constexpr double kActivation = 2e-5;  // largest difference
inline constexpr double kGradient = 1e-4;    // relative, in the 2-norm

class Golden {
 public:
  // `name` without extension, relative to tests/golden.
  explicit Golden(const std::string& name)
      : bytes_(read_file(golden_folder() / (name + ".safetensors"), 64 << 20)),
        header_(parse_safetensors_header(std::as_bytes(std::span(bytes_)), bytes_.size())) {}

  at::Tensor operator[](const std::string& name) const {
    const TensorInfo& info = header_.tensors.at(name);
    at::Tensor out = at::empty(info.shape, to_scalar_type(info.dtype, name));
    std::memcpy(out.data_ptr(), bytes_.data() + info.begin, info.end - info.begin);
    return out;
  }
  bool has(const std::string& name) const { return header_.tensors.contains(name); }
  const SafetensorsHeader& header() const { return header_; }

 private:
  std::string bytes_;
  SafetensorsHeader header_;
};

inline double max_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) - b.to(at::kDouble)).abs().max().item<double>();
}

inline double relative_difference(const at::Tensor& a, const at::Tensor& expected) {
  const at::Tensor e = expected.to(at::kDouble);
  return ((a.to(at::kDouble) - e).norm() / e.norm()).item<double>();
}

// The rows of a padded (B, T, D) tensor whose mask (B, T) is 1, one sample after another.
inline at::Tensor valid_rows(const at::Tensor& padded, const at::Tensor& mask) {
  return padded.flatten(0, 1).index({mask.flatten() == 1});
}

}  // namespace cleave::testing
