#include "common/model/architecture.h"

#include "common/base/error.h"
#include "common/base/nearest.h"

namespace cleave {
namespace {

constexpr const Architecture* kAll[] = {&kBert, &kGpt2, &kLlama, &kRoberta, &kVit};

}  // namespace

std::optional<std::int64_t> unread_ending(const ModelConfig& config,
                                          const Architecture& architecture, Pool pool) {
  if (!architecture.causal || architecture.task_class.row_of(pool) != Pool::kLast) {
    return std::nullopt;
  }
  return config.padding;
}

const Architecture& find_architecture(const std::string& model_type) {
  std::vector<std::string_view> known;
  for (const Architecture* architecture : kAll) {
    if (architecture->model_type == model_type) return *architecture;
    known.push_back(architecture->model_type);
  }
  throw DataError("the architecture \"" + model_type + "\" is not supported" +
                  did_you_mean(model_type, known) + "; supported: " + one_of(known));
}

bool is_task_module(const Architecture& architecture, const std::string& name) {
  const std::string_view classifier = architecture.task_class.classifier;
  const std::string_view module = classifier.substr(0, classifier.find('.'));
  return name == module || name == architecture.output ||
         name.rfind(std::string(module) + ".", 0) == 0;
}

std::string task_name(const Architecture& architecture, const std::string& name) {
  return is_task_module(architecture, name) ? name : std::string(architecture.prefix) + name;
}

at::Tensor Embedder::embed(const Batch& batch) const {
  return place(words(batch), text_layout(*this, batch), batch);
}

Layout text_layout(const Embedder& embedder, const Batch& batch) {
  Layout layout;
  for (const Example* example : batch) layout.lengths.push_back(embedder.length(*example));
  return layout;
}

}  // namespace cleave
