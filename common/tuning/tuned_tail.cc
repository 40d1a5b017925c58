#include "common/tuning/tuned_tail.h"

#include <ATen/ATen.h>

namespace cleave {
namespace {

constexpr const char* kPrefix = "tail.";

bool is_classifier(const std::string& name) { return name.rfind("classifier.", 0) == 0; }

}  // namespace

void add_initial_tail(State& state, const Model& model, const Cut& cut, std::int64_t labels) {
  const WeightSource stored = frozen_weights(model, Precision::kFp32);
  const WeightSource collect = [&](const std::string& name,
                                   const std::vector<std::int64_t>& shape) {
    at::Tensor value =
        is_classifier(name) ? at::zeros(shape, at::kFloat) : stored(name, shape).clone();
    state.add(kPrefix + name, value);
    return value;
  };
  make_tail(model.config, *model.architecture, cut, Pool::kMean, labels, collect);
}

Tail tail_over(const State& state, const ModelConfig& config, const Architecture& architecture,
               const Cut& cut, Pool pool, std::int64_t labels, const Sites& sites) {
  const WeightSource own = [&](const std::string& name, const std::vector<std::int64_t>&) {
    return state.at(kPrefix + name);
  };
  return make_tail(config, architecture, cut, pool, labels, own, sites);
}

}  // namespace cleave
