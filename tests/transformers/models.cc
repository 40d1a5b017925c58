// Model folders: the logits of the task class that config.json names, or a refusal.
//
// inputs.safetensors holds ids (B, T) of texts of one length, or pixels (B, C, H, W) in [0, 255];
// logits.safetensors becomes (B, labels), or (B, T, vocabulary) of a language model.
#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/tuning/tuned_tail.h"
#include "tests/transformers/cases.h"

namespace cleave::testing {
namespace {

using at::Tensor;

Example example_of(const Tensor& row, bool image) {
  Example out;
  const Tensor flat = row.flatten();
  for (std::int64_t i = 0; i < flat.numel(); ++i) {
    const auto value = static_cast<std::int32_t>(flat[i].item<float>());
    if (image) {
      out.pixels.push_back(static_cast<std::uint8_t>(value));
    } else {
      out.ids.push_back(value);
    }
  }
  out.pair_begin = static_cast<std::int32_t>(out.ids.size());
  return out;
}

std::vector<Example> examples_in(const State& inputs) {
  const bool image = inputs.has("pixels");
  const Tensor& all = inputs.at(image ? "pixels" : "ids");
  std::vector<Example> out;
  for (std::int64_t i = 0; i < all.size(0); ++i) out.push_back(example_of(all[i], image));
  return out;
}

// What the folder's own classifier has, or the vocabulary.
Readout readout_of(const Model& model, bool language) {
  if (language) return {Pool::kEveryRow, model.config.vocabulary};
  const std::string name = std::string(model.architecture->task_class.classifier) + ".weight";
  return {Pool::kPooler, model.checkpoint.entry(name).info.shape.at(0)};
}

Tensor logits_of(const Model& model, std::vector<Example> examples, bool language) {
  const Cut cut{model.config.layers, 0};
  const Readout readout = readout_of(model, language);
  const auto ending = unread_ending(model.config, *model.architecture, readout.pool);
  Batch batch;
  for (Example& example : examples) {
    if (ending) drop_ending(example, *ending);
    batch.push_back(&example);
  }
  State state;
  add_initial_tail(state, model, cut, readout);
  const Tail tail = tail_over(state, model.config, *model.architecture, cut, readout,
                              frozen_weights(model, Precision::kFp32));
  const Rows rows = make_head(model, cut, Precision::kFp32)(batch);
  return tail(rows.x, *rows.layout);
}

void open_case(const fs::path& folder) {
  const SavedState inputs = load_state(folder / "inputs.safetensors");
  const bool language = inputs.metadata.at("task") == "causal_lm";
  const Model model = open_model(folder / "model");
  State out;
  out.add("logits", logits_of(model, examples_in(inputs.state), language).contiguous());
  save_state(folder / "logits.safetensors", out, {});
}

}  // namespace

void run_models(const fs::path& folder) { each_case(folder, open_case); }

}  // namespace cleave::testing
