// The soft prompt: P rows that every sample gets after its row 0 (spec sfprompt.md 1). They carry
// no position, no type and no norm, so they are not interchangeable with HF PEFT's PROMPT_TUNING.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "common/model/block.h"
#include "common/model/rows.h"

namespace cleave {

inline constexpr const char* kPromptName = "prompt";

// A function of the seed and the model (Embedder::fresh_prompt): (P, D).
at::Tensor initial_prompt(const Embedder& embedder, std::int64_t tokens, std::uint64_t seed);

// Inserts the prompt after row 0 of every sample. Differentiable in both.
Rows insert_prompt(const at::Tensor& text, const Layout& text_layout, const at::Tensor& prompt);

}  // namespace cleave
