#include "common/tuning/tuned_tail.h"

#include <ATen/ATen.h>

namespace cleave {
namespace {

constexpr const char* kPrefix = "tail.";

bool is_classifier(const std::string& name) {
  return name == "classifier.weight" || name == "classifier.bias";
}

at::Tensor initial_classifier(const Model& model, Pool pool, const std::string& name,
                              const std::vector<std::int64_t>& shape) {
  const std::string stored =
      std::string(model.architecture->task_class.classifier) + name.substr(name.find('.'));
  const bool own = pool == Pool::kPooler && model.checkpoint.has(stored) &&
                   model.checkpoint.entry(stored).info.shape == shape;
  return own ? frozen_weights(model, Precision::kFp32)(stored, shape).clone()
             : at::zeros(shape, at::kFloat);
}

}  // namespace

void visit_tail(const ModelConfig& config, const Architecture& architecture, const Cut& cut,
                const Readout& readout, const WeightSource& weights) {
  if (readout.pool != Pool::kEveryRow) {
    make_tail(config, architecture, cut, readout,
              [&](const std::string& name, const std::vector<std::int64_t>& shape) {
                return architecture.task_class.freezes(name)
                           ? at::empty(shape, at::device(at::kMeta).dtype(at::kFloat))
                           : weights(name, shape);
              });
    return;
  }
  for (std::int64_t block = config.layers - cut.tail; block < config.layers; ++block) {
    architecture.make_block(config, weights, block);
  }
}

void add_initial_tail(State& state, const Model& model, const Cut& cut, const Readout& readout) {
  check_readout(model, readout.pool);
  const WeightSource stored = frozen_weights(model, Precision::kFp32);
  visit_tail(model.config, *model.architecture, cut, readout,
             [&](const std::string& name, const std::vector<std::int64_t>& shape) {
               at::Tensor value = is_classifier(name)
                                      ? initial_classifier(model, readout.pool, name, shape)
                                      : stored(name, shape).clone();
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
