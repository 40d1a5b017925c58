// What a PEFT folder holds, as cleave inspect prints it: without the model, and without its values.
#pragma once

#include <filesystem>

namespace cleave {

// Errors: IoError, DataError.
void inspect_adapter(const std::filesystem::path& folder);

}  // namespace cleave
