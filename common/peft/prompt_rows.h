// Prompts that PEFT puts before the words: read as trained rows, written as the rows that any
// method of a fixed prompt computes. The only tensor is "prompt_embeddings" (P, D).
#pragma once

#include "common/peft/peft_type.h"

namespace cleave {

constexpr const char* kPromptEmbeddings = "prompt_embeddings";

// num_virtual_tokens, checked against the tensor before anything is made of it.
void configure_tokens(const AdapterSource& source, std::int64_t width, Job& job);
void configure_prompt(const AdapterSource& source, Job& job);
State read_prompt(const AdapterSource& source, const TuningContext& context);

// The rows (P, D) that a method puts before the words (tuning.at = "peft").
// Errors: DataError for a prompt that goes elsewhere.
at::Tensor computed_prompt(const TuningContext& context, const State& state);

}  // namespace cleave
