#include "cli/inspect_adapter.h"

#include <c10/util/accumulate.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/peft/adapter_config.h"
#include "common/peft/adapter_tensors.h"
#include "server/round_table.h"

namespace cleave {

void inspect_adapter(const fs::path& folder) {
  const AdapterConfig config = load_adapter_config(folder);
  const AdapterTensors tensors(folder, "", "");
  fmt::print("PEFT adapter, {}\n", config.peft_type);
  if (!config.task_type.empty()) fmt::print("task {}\n", config.task_type);
  if (!config.base_model.empty()) fmt::print("trained on {}\n", config.base_model);
  if (config.virtual_tokens > 0) fmt::print("tokens {}\n", config.virtual_tokens);
  if (config.rank > 0) {
    fmt::print("rank {}, alpha {}{}\n", config.rank, config.alpha,
               config.rslora ? ", scaled by the root of the rank" : "");
  }
  if (!config.target_modules.empty()) {
    fmt::print("targets {}\n", fmt::join(config.target_modules, ", "));
  }
  std::int64_t numbers = 0;
  for (const std::string& name : tensors.names()) {
    const auto& shape = tensors.shape(name);
    numbers += c10::multiply_integers(shape);
    fmt::print("{} [{}]\n", name, fmt::join(shape, ", "));
  }
  fmt::print("numbers {}, {}\n", numbers, human_bytes(4.0 * static_cast<double>(numbers)));
}

}  // namespace cleave
