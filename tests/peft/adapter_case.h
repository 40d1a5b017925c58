// Adapters of the tiny models: read, run, and changed by hand.
#pragma once

#include <ATen/ATen.h>

#include <functional>
#include <nlohmann/json.hpp>

#include "common/base/files.h"
#include "common/model/model_files.h"
#include "common/peft/adapter_config.h"
#include "common/peft/adapter_tensors.h"
#include "common/peft/read_adapter.h"
#include "simulation/whole_model.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tiny_job.h"

namespace cleave::testing {

inline fs::path tiny_model(const std::string& name) { return golden_folder() / "tiny" / name; }
inline fs::path tiny_adapter(const std::string& type) {
  return golden_folder() / "tiny/peft_bert" / type;
}

inline const std::vector<std::string>& adapter_types() {
  static const std::vector<std::string> types = {"prompt_tuning", "p_tuning", "prefix_tuning",
                                                 "lora",          "ia3",      "ln_tuning"};
  return types;
}

// By the product's own head, body and tail; of a language model the last row's of every text.
inline at::Tensor adapter_logits(const Adapter& adapter, const Batch& batch) {
  const Model model = open_model(adapter.job.model.path);
  const LabelMap labels = make_label_map(adapter.job, model.config);
  const JobParts parts = make_job_parts(model, adapter.job, labels);
  const WholeModel whole(parts, adapter.job, adapter.whole());
  if (adapter.job.model.task != "causal_lm") return whole.logits(batch);
  std::vector<at::Tensor> last;
  for (const Example* example : batch) last.push_back(whole.logits({example})[-1]);
  return at::stack(last);
}

// A folder's two files in memory, to be changed and written somewhere else.
struct LooseAdapter {
  nlohmann::json config;
  std::map<std::string, at::Tensor> tensors;  // by their names in the file

  explicit LooseAdapter(const fs::path& folder)
      : config(nlohmann::json::parse(read_file(folder / kAdapterConfig, 1 << 20))) {
    AdapterTensors stored(folder, "", "");
    for (const std::string& name : stored.names()) {
      const auto shape = stored.shape(name);
      tensors[name] = stored.take(name, shape);
    }
  }

  fs::path write(const fs::path& folder) const {
    make_folder(folder);
    write_atomically(folder / kAdapterConfig, config.dump(2));
    std::vector<NamedTensor> named;
    for (const auto& [name, tensor] : tensors) named.push_back({name, tensor});
    write_tensors(folder / kAdapterWeights, named);
    return folder;
  }
};

}  // namespace cleave::testing
