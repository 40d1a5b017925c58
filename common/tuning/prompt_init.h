// Where the rows of a prompt begin (`tuning.init`): words of the vocabulary, a text, the class
// names, or chance. It does not know where they go.
#pragma once

#include "common/tuning/method.h"

namespace cleave {

// (rows, D), a function of seed and model. `bare`: vectors of words before position, type and norm;
// else rows of the embedding's output, as a text of `rows` words gives. Images: VPT's uniform
// values.
at::Tensor initial_rows(const TuningContext& context, std::int64_t rows, bool bare,
                        std::string_view purpose = "init/prompt");

}  // namespace cleave
