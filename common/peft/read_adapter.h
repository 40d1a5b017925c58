// A PEFT folder as a job and a state of Cleave, for the model that it was trained on. It runs no
// code of the folder and opens no other file that the folder names.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "common/config/job.h"
#include "common/model/model.h"
#include "common/tuning/state.h"

namespace cleave {

struct AdapterOptions {
  std::optional<std::int64_t> head;  // cut.head; default: what the adapter calls for, else 1
  std::vector<std::string> labels;   // default: the model's, else LABEL_0, LABEL_1, ...
};

struct Adapter {
  Job job;  // model, cut, tuning, labels and the longest text; the rest is default
  State state;
  // What it changes beside that and no job trains (frozen_dense.h); it acts in the state's place.
  State frozen = {};

  State whole() const { return merged(state, frozen); }
};

// Errors: DataError with the cure where there is such a change: a job cannot go on from it.
void check_trainable(const Adapter& adapter, const std::filesystem::path& folder);

// Errors: IoError, DataError naming what Cleave does not compute, what is missing and what is left.
Adapter read_adapter(const Model& model, const std::filesystem::path& folder,
                     const AdapterOptions& options = {});

}  // namespace cleave
