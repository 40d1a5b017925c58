// The keys of rotary positions in a config.json, in the places and names of all versions of
// transformers. Of the rules that stretch the angles for long texts none is honoured.
#pragma once

#include "common/base/json_fields.h"

namespace cleave {

// The base of the angles (rotary.h): rope_theta of rope_parameters, or of rope_scaling as it was
// called before, or of the file, or 10000.
// Errors: DataError naming the key, for every rule but "default".
double read_rope(JsonFields& config);

}  // namespace cleave
