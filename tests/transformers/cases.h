// The kinds of files that scripts/check-transformers holds against transformers, one source file
// each. A kind gets the folder that its Python half wrote, with a subfolder a case, and leaves its
// answer in each: a file of results, or refusal.txt with the message of the DataError.
#pragma once

#include <filesystem>
#include <functional>

namespace cleave::testing {

// Runs `open_case` on every subfolder; where it throws a DataError, its message becomes
// refusal.txt. Other exceptions pass: nothing but bad data is a refusal.
void each_case(const std::filesystem::path& folder,
               const std::function<void(const std::filesystem::path&)>& open_case);

void run_images(const std::filesystem::path& folder);
void run_models(const std::filesystem::path& folder);
void run_tokenizers(const std::filesystem::path& folder);

}  // namespace cleave::testing
