// The header of a safetensors file: parsed and validated, or written. It does not touch tensor
// data and knows no tensor library (spec peft_format.md 5).
//
// Memory bound: a header is at most 16 MiB of JSON, parsed by events.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/dtype.h"

namespace cleave {

struct TensorInfo {
  Dtype dtype = Dtype::kF32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin = 0;  // bytes from the start of the file
  std::uint64_t end = 0;
};

struct SafetensorsHeader {
  std::map<std::string, TensorInfo, std::less<>> tensors;
  std::map<std::string, std::string, std::less<>> metadata;
};

inline constexpr std::uint64_t kMaxSafetensorsHeader = 16 << 20;

// Validates the start of a file of `file_size` bytes; `start` holds at least its header.
// Errors: DataError with the name of the broken rule and of the tensor.
SafetensorsHeader parse_safetensors_header(std::span<const std::byte> start,
                                           std::uint64_t file_size);

struct NewTensor {
  std::string name;
  Dtype dtype;
  std::vector<std::int64_t> shape;
};

// The length prefix and JSON for `tensors`, padded to a multiple of 8; the data follow in the
// order of the returned names (largest element type first, then by name).
struct NewHeader {
  std::string bytes;
  std::vector<std::string> order;
};
NewHeader make_safetensors_header(std::vector<NewTensor> tensors,
                                  const std::map<std::string, std::string>& metadata);

}  // namespace cleave
