#include "common/codec/rows_codec.h"

#include <ATen/ATen.h>

#include <memory>

#include "common/base/error.h"
#include "common/base/finite.h"

namespace cleave {
namespace {

at::ScalarType scalar_type(Dtype dtype) {
  CLEAVE_CHECK(dtype == Dtype::kF32 || dtype == Dtype::kBf16);
  return dtype == Dtype::kBf16 ? at::kBFloat16 : at::kFloat;
}

}  // namespace

Buffer encode_rows(const at::Tensor& x, Dtype dtype, std::size_t trailer) {
  const at::Tensor values = x.detach();
  Buffer out(static_cast<std::size_t>(values.numel()) * dtype_size(dtype) + trailer);
  at::from_blob(out.data(), values.sizes(), scalar_type(dtype)).copy_(values);
  return out;
}

at::Tensor decode_rows(Buffer bytes, Dtype dtype, std::int64_t rows, std::int64_t width) {
  const auto count = static_cast<std::size_t>(rows * width);
  CLEAVE_CHECK(bytes.size() >= count * dtype_size(dtype));
  if (!all_finite({bytes.data(), count * dtype_size(dtype)}, dtype))
    throw ProtocolError(
        "a tensor holds NaN or infinite values; where training has diverged, lower "
        "optimizer.lr_prompt and optimizer.lr_tail");
  const auto owner = std::make_shared<Buffer>(std::move(bytes));
  return at::from_blob(
             owner->data(), {rows, width}, [owner](void*) {}, scalar_type(dtype))
      .to(at::kFloat);
}

}  // namespace cleave
