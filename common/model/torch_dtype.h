// Between our element types and the tensor library's.
#pragma once

#include <c10/core/ScalarType.h>

#include <string>

#include "common/base/dtype.h"

namespace cleave {

// Errors: DataError, naming the tensor, for types that no model of ours uses.
at::ScalarType to_scalar_type(Dtype dtype, const std::string& tensor);
Dtype from_scalar_type(at::ScalarType type);

}  // namespace cleave
