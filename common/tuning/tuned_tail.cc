#include "common/tuning/tuned_tail.h"

#include <ATen/ATen.h>

namespace cleave {
namespace {

constexpr const char* kPrefix = "tail.";

bool is_classifier(const std::string& name) { return name.rfind("classifier.", 0) == 0; }

}  // namespace

void visit_tail(const ModelConfig& config, const Architecture& architecture, const Cut& cut,
                const Readout& readout, const WeightSource& weights) {
  if (readout.pool != Pool::kEveryRow) {
    make_tail(config, architecture, cut, readout, weights);
    return;
  }
  for (std::int64_t block = config.layers - cut.tail; block < config.layers; ++block) {
    architecture.make_block(config, weights, block);
  }
}

void add_initial_tail(State& state, const Model& model, const Cut& cut, const Readout& readout) {
  const WeightSource stored = frozen_weights(model, Precision::kFp32);
  visit_tail(model.config, *model.architecture, cut, readout,
             [&](const std::string& name, const std::vector<std::int64_t>& shape) {
               at::Tensor value =
                   is_classifier(name) ? at::zeros(shape, at::kFloat) : stored(name, shape).clone();
               state.add(kPrefix + name, value);
               return value;
             });
}

Tail tail_over(const State& state, const ModelConfig& config, const Architecture& architecture,
               const Cut& cut, const Readout& readout, const WeightSource& stored,
               const Sites& sites) {
  const WeightSource own = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    return state.has(kPrefix + name) ? state.at(kPrefix + name) : stored(name, shape);
  };
  return make_tail(config, architecture, cut, readout, own, sites);
}

}  // namespace cleave
