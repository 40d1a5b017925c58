// A task's data from a file: labelled examples, or plain texts for a language model.
#pragma once

#include "common/data/load_dataset.h"
#include "common/exchange/parts.h"

namespace cleave {

// How the job's model takes its input. `tokenizer` may be null for images.
InputForm input_form(const JobParts& parts, const Tokenizer* tokenizer);

// Errors: as load_dataset; DataError for a text with nothing to predict.
Dataset load_data(const std::filesystem::path& path, const JobParts& parts, const InputForm& form,
                  const LabelMap& labels, const DataOptions& options);

}  // namespace cleave
