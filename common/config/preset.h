// Presets: named sets of job keys, each key with where its value comes from.
#pragma once

#include <string>
#include <vector>

#include "common/config/keys.h"

namespace cleave {

// Sets the preset's keys and returns one line a key with its provenance. A name that it does not
// know sets nothing: the rule of the key `preset` refuses it where it is written.
std::string apply_preset(const std::string& name, const std::vector<Key>& keys);

}  // namespace cleave
