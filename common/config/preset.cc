#include "common/config/preset.h"

#include <fmt/format.h>

#include "common/config/toml_reader.h"

namespace cleave {
namespace {

struct Setting {
  std::string_view key, value, provenance;
};

struct Preset {
  std::string_view name;
  std::vector<Setting> settings;
};

const std::vector<Preset>& presets() {
  static const std::vector<Preset> all = {
      {"sfprompt-reconstructed",
       {{"phases.bypass_epochs", "10", "unofficial code"},
        {"phases.keep", "0.5", "unofficial code"},
        {"phases.score", "el2n", "paper"},
        {"phases.selection", "global", "second-hand summary of the paper"},
        {"phases.prune_from_round", "1", "our choice: the paper has no warm-up"},
        {"phases.split_epochs", "1", "derived from the paper's byte counts"}}},
  };
  return all;
}

}  // namespace

std::string apply_preset(const std::string& name, const std::vector<Key>& keys) {
  for (const Preset& preset : presets()) {
    if (preset.name != name) continue;
    std::string notes;
    for (const Setting& setting : preset.settings) {
      apply_setting(fmt::format("{}={}", setting.key, setting.value), keys);
      notes += fmt::format("preset {}: {} = {} ({})\n", name, setting.key, setting.value,
                           setting.provenance);
    }
    return notes;
  }
  return {};
}

}  // namespace cleave
