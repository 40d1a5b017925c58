// A partition from a file of the form that a run leaves behind: {"clients": [[0, 1, ...], ...]}.
#pragma once

#include <filesystem>

#include "common/data/partition.h"

namespace cleave {

// Errors: IoError; DataError naming the file, for another form or where it does not fit the data.
Partition read_partition(const std::filesystem::path& path, std::size_t samples);

}  // namespace cleave
