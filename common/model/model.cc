#include "common/model/model.h"

#include <ATen/ATen.h>

#include "common/base/error.h"

namespace cleave {

Precision parse_precision(const std::string& name) {
  CLEAVE_CHECK(name == "fp32" || name == "bf16");
  return name == "bf16" ? Precision::kBf16 : Precision::kFp32;
}

at::ScalarType scalar_type(Precision precision) {
  switch (precision) {
    case Precision::kFp32:
      return at::kFloat;
    case Precision::kBf16:
      return at::kBFloat16;
    case Precision::kFp64:
      return at::kDouble;
  }
  CLEAVE_CHECK(!"every precision has a type");
  return at::kFloat;
}

Model open_model(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw IoError("no model folder at " + folder.string() +
                  "; expected a Hugging Face folder, with config.json and model.safetensors");
  }
  ModelConfig config = load_model_config(folder);
  const Architecture& architecture = find_architecture(config.model_type);
  return {std::move(config), &architecture, Checkpoint(folder, architecture.prefix)};
}

bool has_output(const Model& model) {
  const std::string output(model.architecture->output);
  return !output.empty() && model.checkpoint.has(output);
}

WeightSource frozen_weights(const Model& model, Precision precision) {
  const std::string output(has_output(model) ? "" : model.architecture->output);
  return [checkpoint = model.checkpoint, type = scalar_type(precision), output,
          words = std::string(model.architecture->words), vocabulary = model.config.vocabulary,
          multiplied = std::string(model.architecture->output)](
             const std::string& name, const std::vector<std::int64_t>& shape) {
    const std::string& stored = name == output ? words : name;
    // Of a vocabulary only the rows of a text's words are read: a check would read them all.
    const bool looked_up = shape.size() == 2 && shape[0] == vocabulary && name != multiplied;
    const at::Tensor tensor =
        looked_up ? checkpoint.table(stored, shape) : checkpoint.tensor(stored, shape);
    return tensor.to(type);  // no copy where the type is the same
  };
}

}  // namespace cleave
