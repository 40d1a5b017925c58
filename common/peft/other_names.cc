#include "common/peft/other_names.h"

#include <utility>

namespace cleave {
namespace {

constexpr std::string_view kOldBlocks = "encoder.layer.", kNewBlocks = "layers.";

// ViT's modules in a block, the checkpoint's name first.
constexpr std::pair<std::string_view, std::string_view> kVitModules[] = {
    {"attention.attention.query", "attention.q_proj"},
    {"attention.attention.key", "attention.k_proj"},
    {"attention.attention.value", "attention.v_proj"},
    {"attention.output.dense", "attention.o_proj"},
    {"intermediate.dense", "mlp.fc1"},
    {"output.dense", "mlp.fc2"},
};

bool begins_with_module(const std::string& text, std::string_view module) {
  return text.compare(0, module.size(), module) == 0 &&
         (text.size() == module.size() || text[module.size()] == '.');
}

// "FROM 1 . REST" as "TO 1 . REST'", REST' by `rest`; other names unchanged.
template <class Rest>
std::string in_block(const std::string& name, std::string_view from, std::string_view to,
                     Rest rest) {
  if (name.compare(0, from.size(), from) != 0) return name;
  const std::size_t dot = name.find('.', from.size());
  if (dot == std::string::npos) return name;
  return std::string(to) + name.substr(from.size(), dot + 1 - from.size()) +
         rest(name.substr(dot + 1));
}

bool renamed_in_5(const Architecture& architecture) { return architecture.model_type == "vit"; }

}  // namespace

std::string newer_name(const Architecture& architecture, const std::string& name) {
  if (!renamed_in_5(architecture)) return name;
  return in_block(name, kOldBlocks, kNewBlocks, [](const std::string& rest) {
    for (const auto& [older, newer] : kVitModules) {
      if (begins_with_module(rest, older)) return std::string(newer) + rest.substr(older.size());
    }
    return rest;
  });
}

std::string older_name(const Architecture& architecture, const std::string& name) {
  if (!renamed_in_5(architecture)) return name;
  return in_block(name, kNewBlocks, kOldBlocks, [](const std::string& rest) {
    for (const auto& [older, newer] : kVitModules) {
      if (begins_with_module(rest, newer)) return std::string(older) + rest.substr(newer.size());
    }
    return rest;
  });
}

std::string saved_name(const std::string& name) {
  constexpr std::string_view kAdapter = ".default";
  for (const std::string_view mark :
       {".lora_A", ".lora_B", ".ia3_l", ".ln_tuning_layers", ".modules_to_save"}) {
    const std::string in_memory = std::string(mark) + std::string(kAdapter);
    const std::size_t at = name.find(in_memory);
    if (at == std::string::npos) continue;
    const std::size_t end = at + in_memory.size();
    if (end < name.size() && name[end] != '.') continue;
    const bool whole = mark == ".modules_to_save";  // saved as the module's own tensors
    return name.substr(0, at + (whole ? 0 : mark.size())) + name.substr(end);
  }
  return name;
}

}  // namespace cleave
