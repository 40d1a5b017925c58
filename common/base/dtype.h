// Element types of stored and sent tensors, with their sizes and safetensors names.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace cleave {

enum class Dtype { kBool, kU8, kI8, kI16, kU16, kF16, kBf16, kI32, kU32, kF32, kI64, kU64, kF64 };

std::size_t dtype_size(Dtype dtype);
std::string_view dtype_name(Dtype dtype);
std::optional<Dtype> dtype_from_name(std::string_view name);

}  // namespace cleave
