// Writing a slice: the tensors of a cut's client side, the configuration and tokenizer files, and
// the lock of the whole model.
#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/model/model_files.h"
#include "common/model/model_lock.h"

namespace cleave {

void write_slice(const Model& model, const Cut& cut, const fs::path& out, Pool pool) {
  check_readout(model, pool);
  const ModelLock lock = verify_model(model);
  std::vector<NamedTensor> tensors;  // views of the map
  for (const std::string& name : client_tensor_names(model, cut, pool)) {
    const TensorInfo& info = model.checkpoint.entry(name).info;
    tensors.push_back({name, model.checkpoint.tensor(name, info.shape)});
  }
  make_empty_folder(out);
  write_tensors(out / "model.safetensors", tensors);
  std::string lines;
  for (const std::string& line : lock.lines) lines += line + '\n';
  write_atomically(out / "model.lock", lines);
  copy_model_files(model.checkpoint.folder(), out);
}

}  // namespace cleave
