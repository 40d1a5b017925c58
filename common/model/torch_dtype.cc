#include "common/model/torch_dtype.h"

#include "common/base/error.h"

namespace cleave {

at::ScalarType to_scalar_type(Dtype dtype, const std::string& tensor) {
  switch (dtype) {
    case Dtype::kF32:
      return at::kFloat;
    case Dtype::kF64:
      return at::kDouble;
    case Dtype::kF16:
      return at::kHalf;
    case Dtype::kBf16:
      return at::kBFloat16;
    case Dtype::kI32:
      return at::kInt;
    case Dtype::kI64:
      return at::kLong;
    case Dtype::kBool:
      return at::kBool;
    case Dtype::kU8:
      return at::kByte;
    default:
      break;
  }
  throw DataError("the tensor " + tensor + " has the unsupported type " +
                  std::string(dtype_name(dtype)));
}

Dtype from_scalar_type(at::ScalarType type) {
  switch (type) {
    case at::kFloat:
      return Dtype::kF32;
    case at::kDouble:
      return Dtype::kF64;
    case at::kHalf:
      return Dtype::kF16;
    case at::kBFloat16:
      return Dtype::kBf16;
    case at::kInt:
      return Dtype::kI32;
    case at::kLong:
      return Dtype::kI64;
    case at::kBool:
      return Dtype::kBool;
    case at::kByte:
      return Dtype::kU8;
    default:
      break;
  }
  CLEAVE_CHECK(!"no stored form for this scalar type");
  return Dtype::kF32;
}

}  // namespace cleave
