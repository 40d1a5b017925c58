// A model of llama2.c as a Hugging Face folder that the programs open: its tensors under their
// usual names, rotary rows permuted to the half-split layout, configuration and tokenizer.
#pragma once

#include <cstdint>
#include <filesystem>

namespace cleave {

struct Llama2c {
  std::filesystem::path weights;    // safetensors with llama2.c's names, fp32
  std::filesystem::path tokenizer;  // tok*.bin
  std::int64_t heads = 0;           // the shapes do not tell
  std::int64_t positions = 0;       // longest text
};

// Errors: IoError, DataError naming what does not fit, UsageError when `out` is not empty.
void write_hugging_face_folder(const Llama2c& source, const std::filesystem::path& out);

}  // namespace cleave
