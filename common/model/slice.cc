// Writing a slice: the tensors of a cut's client side, the configuration and tokenizer files, and
// the lock of the whole model.
#include <ATen/ATen.h>

#include <fstream>

#include "common/base/error.h"
#include "common/model/model_lock.h"

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
                                   "special_tokens_map.json"};

// Streams the tensors one by one: memory stays at one small piece.
void write_tensors(const Model& model, const std::vector<std::string>& names,
                   const fs::path& path) {
  std::vector<NewTensor> tensors;
  for (const std::string& name : names) {
    const TensorInfo& info = model.checkpoint.entry(name).info;
    tensors.push_back({name, info.dtype, info.shape});
  }
  const NewHeader header = make_safetensors_header(std::move(tensors), {{"format", "pt"}});
  const fs::path temporary = path.string() + ".tmp";
  std::ofstream out(temporary, std::ios::binary);
  out.write(header.bytes.data(), static_cast<std::streamsize>(header.bytes.size()));
  for (const std::string& name : header.order) {
    const Checkpoint::Entry& entry = model.checkpoint.entry(name);
    const at::Tensor tensor = model.checkpoint.tensor(name, entry.info.shape).contiguous();
    out.write(static_cast<const char*>(tensor.data_ptr()),
              static_cast<std::streamsize>(tensor.nbytes()));
  }
  out.close();
  if (out) return fs::rename(temporary, path);
  const std::string why = errno_text();
  fs::remove(temporary);
  throw IoError("cannot write " + path.string() + ": " + why);
}

}  // namespace

void write_slice(const Model& model, const Cut& cut, const fs::path& out) {
  const ModelLock lock = verify_model(model);
  const std::vector<std::string> names = client_tensor_names(model, cut);
  for (const std::string& name : names) model.checkpoint.entry(name);  // before anything is written
  if (fs::exists(out) && !fs::is_empty(out)) {
    throw UsageError(out.string() + " is not empty; choose another folder");
  }
  make_folder(out);
  write_tensors(model, names, out / "model.safetensors");
  std::string lines;
  for (const std::string& line : lock.lines) lines += line + '\n';
  write_atomically(out / "model.lock", lines);
  for (const char* name : kCopied) {
    const fs::path source = model.checkpoint.folder() / name;
    if (fs::exists(source)) write_atomically(out / name, read_file(source, 64 << 20));
  }
}

}  // namespace cleave
