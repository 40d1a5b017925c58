// A state of Cleave as a PEFT folder, which PEFT loads beside the same base model. What PEFT cannot
// express is refused with the reason.
#pragma once

#include <filesystem>

#include "common/model/model_files.h"
#include "common/tuning/method.h"

namespace cleave {

// A folder's two files.
struct AdapterFiles {
  std::vector<NamedTensor> tensors;
  std::string config;
};

// In memory: nothing is written. Errors: DataError where the job has no form in PEFT.
AdapterFiles adapter_files(const TuningContext& context, const State& state);
// Errors: UsageError when `out` is not empty, IoError.
void write_adapter_files(const AdapterFiles& files, const std::filesystem::path& out);

// Both. Errors: DataError, UsageError, IoError.
void write_adapter(const TuningContext& context, const State& state,
                   const std::filesystem::path& out);

// Refuses a job whose read-out no task class of Hugging Face has.
void check_task_class(const TuningContext& context);

}  // namespace cleave
