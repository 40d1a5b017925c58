#include "common/codec/rows_codec.h"

#include <ATen/ATen.h>

#include <cstring>
#include <memory>

#include "common/base/error.h"

namespace cleave {
namespace {

at::ScalarType scalar_type(Dtype dtype) {
  CLEAVE_CHECK(dtype == Dtype::kF32 || dtype == Dtype::kBf16);
  return dtype == Dtype::kBf16 ? at::kBFloat16 : at::kFloat;
}

// All exponent bits set means NaN or infinity; an integer loop the compiler vectorises.
template <class Word, Word kExponent>
bool finite(const std::byte* bytes, std::size_t count) {
  unsigned bad = 0;
  for (std::size_t i = 0; i < count; ++i) {
    Word word;
    std::memcpy(&word, bytes + i * sizeof(Word), sizeof(Word));
    bad |= static_cast<Word>(word & kExponent) == kExponent;
  }
  return bad == 0;
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
  const bool good = dtype == Dtype::kF32 ? finite<std::uint32_t, 0x7f800000>(bytes.data(), count)
                                         : finite<std::uint16_t, 0x7f80>(bytes.data(), count);
  if (!good)
    throw ProtocolError(
        "a tensor holds NaN or infinite values; where training has diverged, lower "
        "optimizer.lr_prompt and optimizer.lr_tail");
  const auto owner = std::make_shared<Buffer>(std::move(bytes));
  return at::from_blob(
             owner->data(), {rows, width}, [owner](void*) {}, scalar_type(dtype))
      .to(at::kFloat);
}

}  // namespace cleave
