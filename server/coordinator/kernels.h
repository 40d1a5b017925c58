// Which BLAS kernels a run was computed with, in its measured.json: "bit for bit" holds for equal
// kernels, since others round differently.
#pragma once

#include <string>

#include "server/coordinator/run_folder.h"

namespace cleave {

struct Kernels {
  Json used;            // all that the run was computed with, in order
  std::string warning;  // empty where the last of them are the present ones
};

// Notes that the run goes on under `present` (model/threads.h, blas_description), at once: a run
// that is killed leaves it, too. Errors: IoError, DataError.
Kernels note_kernels(const RunFolder& folder, const std::string& present);

}  // namespace cleave
