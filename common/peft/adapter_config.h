// The adapter_config.json of an HF PEFT folder, as plain values: read strictly and written with the
// fewest keys. It knows no tensors and no model. Format: spec peft_format.md 1.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace cleave {

constexpr const char* kAdapterConfig = "adapter_config.json";

struct AdapterConfig {
  std::string peft_type;
  std::string task_type;  // "SEQ_CLS", "CAUSAL_LM", or empty: a class of no task
  std::string base_model;
  std::vector<std::string> modules_to_save;  // sorted, each once
  // Prompts and prefixes; 0 where the file does not say.
  std::int64_t virtual_tokens = 0, token_dim = 0, layers = 0, heads = 0;
  // What acts in modules: the ends of their names, or all linear layers of the blocks. Without
  // either (a pattern), those with tensors.
  std::vector<std::string> target_modules, feedforward_modules;
  bool all_linear = false;
  // Of these those that are left out: ends of names, or a pattern, where the tensors tell.
  std::vector<std::string> exclude_modules;
  bool excludes_by_pattern = false;
  std::optional<std::vector<std::int64_t>> layers_to_transform;
  std::int64_t rank = 0;
  double alpha = 0;
  bool rslora = false;
  bool transposed = false;  // the base's weights are (in, out): for the writer only

  bool operator==(const AdapterConfig&) const = default;
};

// Errors: DataError for a type that we lack, a key that is missing, out of range or twice, and for
// every key that changes what the adapter computes in a way that Cleave does not.
AdapterConfig parse_adapter_config(std::string_view text, const std::string& file);
// Of a folder. Errors: also IoError.
AdapterConfig load_adapter_config(const std::filesystem::path& folder);

// With inference_mode: what PEFT's loader needs and no more.
std::string adapter_config_json(const AdapterConfig& config);

}  // namespace cleave
