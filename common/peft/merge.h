// What a job trained, folded into the checkpoint's weights: a model that needs no adapter. Products
// are in fp64 and rounded once. It writes nothing.
#pragma once

#include <map>
#include <string>

#include "common/tuning/method.h"

namespace cleave {

// The tensors that differ from the checkpoint's, by canonical name, in fp32. DePT's offsets go into
// the table of positions, which leaves its prompt (leaves_prompt).
// Errors: DataError for methods that are no change of weights.
std::map<std::string, at::Tensor> merged_tensors(const TuningContext& context, const State& state);

// Whether the method leaves a prompt beside the merged model.
bool leaves_prompt(const TuningContext& context);

}  // namespace cleave
