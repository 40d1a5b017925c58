// Which rate a tuned tensor trains with, from its name alone: the one rule for clients and body. It
// knows no rates.
#pragma once

#include <string_view>

namespace cleave {

enum class RateGroup { kPrompt, kTail, kFactors };

// "prompt", "prompt.NAME" and "deep.NAME" are the prompt's, "tail.NAME" the tail's; all others
// (low-rank factors, offsets, prefixes) are factors, wherever they live.
RateGroup group_of(std::string_view name);

}  // namespace cleave
