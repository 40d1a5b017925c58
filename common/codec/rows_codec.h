// Rows to payload bytes and back, in fp32 or bf16. It knows neither frames nor links.
//
// Decoding fp32 copies nothing: the tensor takes the buffer over.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "common/base/buffer.h"
#include "common/base/dtype.h"

namespace cleave {

// The values of x (R, D), row-major, and room for `trailer` bytes after them.
Buffer encode_rows(const at::Tensor& x, Dtype dtype, std::size_t trailer = 0);

// The first rows * width values of the buffer as fp32 (R, D).
// Errors: ProtocolError when a value is NaN or infinite.
at::Tensor decode_rows(Buffer bytes, Dtype dtype, std::int64_t rows, std::int64_t width);

}  // namespace cleave
