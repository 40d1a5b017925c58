// The functions between a feed-forward's layers, by transformers' names. Several of its names are
// one function, computed in other ways.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <string_view>

#include "common/base/json_fields.h"

namespace cleave {

// kGelu is by the error function, kGeluTanh its approximation by tanh.
enum class Activation { kGelu, kGeluTanh, kQuickGelu, kRelu, kSilu, kTanh };

// The key's, or `fallback` where it is absent. Errors: DataError naming file and key.
Activation read_activation(JsonFields& config, const std::string& key, Activation fallback);

std::string_view name_of(Activation activation);

// Differentiable; in x's type.
at::Tensor activated(const at::Tensor& x, Activation activation);

}  // namespace cleave
