// A task's data from a file: labelled examples, or plain texts for a language model.
#pragma once

#include "common/data/load_dataset.h"
#include "common/exchange/parts.h"

namespace cleave {

// Errors: as load_dataset; DataError for a text with nothing to predict.
Dataset load_data(const std::filesystem::path& path, const JobParts& parts, const InputForm& form,
                  const LabelMap& labels, const DataOptions& options);

}  // namespace cleave
