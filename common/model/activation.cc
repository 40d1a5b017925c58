#include "common/model/activation.h"

#include <ATen/ATen.h>

#include <vector>

#include "common/base/error.h"
#include "common/base/nearest.h"

namespace cleave {
namespace {

struct Name {
  std::string_view name;
  Activation activation;
};

// The first name of each is the one that it is called by.
constexpr Name kNames[] = {
    {"gelu", Activation::kGelu},
    {"gelu_python", Activation::kGelu},
    {"gelu_new", Activation::kGeluTanh},
    {"gelu_accurate", Activation::kGeluTanh},
    {"gelu_fast", Activation::kGeluTanh},
    {"gelu_python_tanh", Activation::kGeluTanh},
    {"gelu_pytorch_tanh", Activation::kGeluTanh},
    {"quick_gelu", Activation::kQuickGelu},
    {"relu", Activation::kRelu},
    {"silu", Activation::kSilu},
    {"swish", Activation::kSilu},
    {"tanh", Activation::kTanh},
};

}  // namespace

Activation read_activation(JsonFields& config, const std::string& key, Activation fallback) {
  if (!config.has(key)) return fallback;
  const std::string wanted = config.text(key);
  std::vector<std::string_view> known;
  for (const Name& entry : kNames) {
    if (entry.name == wanted) return entry.activation;
    known.push_back(entry.name);
  }
  config.bad(key, one_of(known));
}

std::string_view name_of(Activation activation) {
  for (const Name& entry : kNames) {
    if (entry.activation == activation) return entry.name;
  }
  CLEAVE_CHECK(!"every activation has a name");
  return {};
}

at::Tensor activated(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kGelu:
      return at::gelu(x);
    case Activation::kGeluTanh:
      return at::gelu(x, "tanh");
    case Activation::kQuickGelu:
      return x * at::sigmoid(1.702 * x);
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kSilu:
      return at::silu(x);
    case Activation::kTanh:
      return at::tanh(x);
  }
  CLEAVE_CHECK(!"every activation is computed");
  return x;
}

}  // namespace cleave
