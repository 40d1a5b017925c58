// The classifier and the norm after the last block in an adapter folder: what is trained beside any
// type, under the checkpoint's names.
#pragma once

#include "common/peft/peft_type.h"

namespace cleave {

// "MODULE.weight" as LN_TUNING calls it.
std::string norm_in_ln_tuning(const std::string& name);
// The checkpoint's name of a state's "tail.NAME".
std::string stored_tail_name(const Architecture& architecture, const std::string& name);

// Of the folder's classifier, else of the checkpoint's. Errors: DataError where neither has one.
std::int64_t label_count(const AdapterSource& source);

// "tail.*" for a cut without tail blocks: the folder's values, or the checkpoint's.
State read_tail(const AdapterSource& source, const TuningContext& context, std::int64_t labels);
// What differs from the checkpoint, and the classifier; modules_to_save by it.
void write_tail(const TuningContext& context, const State& state, NewAdapter& out);

}  // namespace cleave
