#include "common/model/model_files.h"

#include <ATen/ATen.h>

#include <fstream>
#include <map>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/safetensors.h"
#include "common/model/torch_dtype.h"

namespace cleave {
namespace {

constexpr const char* kCopied[] = {"config.json",
                                   "preprocessor_config.json",
                                   "vocab.txt",
                                   "vocab.json",
                                   "merges.txt",
                                   "tokenizer.json",
                                   "tokenizer.model",
                                   "tokenizer_config.json",
                                   "special_tokens_map.json",
                                   "added_tokens.json"};

}  // namespace

void write_tensors(const fs::path& path, const std::vector<NamedTensor>& tensors) {
  std::vector<NewTensor> entries;
  std::map<std::string, at::Tensor> by_name;
  for (const auto& [name, tensor] : tensors) {
    entries.push_back({name, from_scalar_type(tensor.scalar_type()), tensor.sizes().vec()});
    by_name[name] = tensor;
  }
  const NewHeader header = make_safetensors_header(std::move(entries), {{"format", "pt"}});
  const fs::path temporary = path.string() + ".tmp";
  std::ofstream out(temporary, std::ios::binary);
  out.write(header.bytes.data(), static_cast<std::streamsize>(header.bytes.size()));
  for (const std::string& name : header.order) {
    const at::Tensor tensor = by_name.at(name).contiguous();
    out.write(static_cast<const char*>(tensor.data_ptr()),
              static_cast<std::streamsize>(tensor.nbytes()));
  }
  out.close();
  if (out) return fs::rename(temporary, path);
  const std::string why = errno_text();
  fs::remove(temporary);
  throw IoError("cannot write " + path.string() + ": " + why);
}

void copy_model_files(const fs::path& from, const fs::path& to) {
  for (const char* name : kCopied) {
    if (fs::exists(from / name)) write_atomically(to / name, read_file(from / name, 64 << 20));
  }
}

void make_empty_folder(const fs::path& path) {
  if (fs::exists(path) && !(fs::is_directory(path) && fs::is_empty(path))) {
    throw UsageError(path.string() + " is not empty; choose another folder");
  }
  make_folder(path);
}

}  // namespace cleave
