// A Hugging Face model folder with what a job trained folded in: tensors and config.json of the
// task class for classification, which transformers loads without Cleave and PEFT. For DePT the
// folder "adapter" inside it holds the prompt, to be used with that model only.
#pragma once

#include <filesystem>

#include "common/tuning/method.h"

namespace cleave {

// Errors: DataError where the job cannot be merged, UsageError when `out` is not empty, IoError.
void write_merged_folder(const Model& model, const TuningContext& context, const State& state,
                         const std::vector<std::string>& labels, const std::filesystem::path& out);

}  // namespace cleave
