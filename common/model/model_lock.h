// The identity of a model: a line per tensor with the hash of its data, and the hash of the lines.
// A slice carries the lines of the whole model (model.lock), so that a device can prove which model
// its part belongs to.
#pragma once

#include <string>
#include <vector>

#include "common/base/hash.h"
#include "common/model/model.h"

namespace cleave {

struct ModelLock {
  std::vector<std::string>
      lines;      // sorted; "tensor NAME DTYPE [SHAPE] SHA256" and architecture keys
  Digest hash{};  // SHA-256 over the lines
};

// The lock of a whole model, or the one a slice carries after checking what the slice holds
// against it. Data are read through the file, not through the map, once per (size, mtime) of a
// file: results are remembered under $XDG_CACHE_HOME/cleave.
// Errors: IoError, DataError naming the tensor that differs.
ModelLock verify_model(const Model& model);

// Writes a folder with the files a device needs for a cut and read-out, and no more.
// Errors: UsageError when `out` is not empty, IoError.
void write_slice(const Model& model, const Cut& cut, const std::filesystem::path& out,
                 Pool pool = Pool::kMean);

}  // namespace cleave
