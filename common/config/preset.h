// Presets: named sets of job keys, each key with where its value comes from.
#pragma once

#include <string>
#include <vector>

#include "common/config/keys.h"

namespace cleave {

// Sets the preset's keys and returns one line a key with its provenance. Errors: DataError.
std::string apply_preset(const std::string& name, const std::vector<Key>& keys);

}  // namespace cleave
