// Writing model folders: a safetensors file tensor by tensor, and the files that go along as they
// are. It decides no names.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>
#include <vector>

namespace cleave {

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

// Each in its own type, one after another: memory stays at one tensor. Written aside and renamed.
// Errors: IoError.
void write_tensors(const std::filesystem::path& path, const std::vector<NamedTensor>& tensors);

// config.json and the files of tokenizer and preprocessor, where they are there.
void copy_model_files(const std::filesystem::path& from, const std::filesystem::path& to);

// Errors: UsageError when it exists and is not empty.
void make_empty_folder(const std::filesystem::path& path);

}  // namespace cleave
