// What an adapter changes of the layer before a classifier that training leaves as the model has it
// (BERT's pooler): low-rank factors, or the whole layer (modules_to_save).
#pragma once

#include "common/peft/peft_type.h"

namespace cleave {

// Errors: DataError naming what changes the layer in a way that is not read.
void check_frozen_dense(const AdapterSource& source);

// The layer as the adapter makes it, named as in a state's tail; empty where nothing is changed.
State read_frozen_dense(const AdapterSource& source, const TuningContext& context);

}  // namespace cleave
