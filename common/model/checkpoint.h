// The tensors of a Hugging Face folder: model.safetensors, or the shards that its index names,
// memory-mapped. It validates headers and never copies what it need not; it runs no code of the
// folder and reads no pickles. Weights must be finite: each is checked when it is first asked for
// (`tensor`), which reads what its use would read anyway; tables that are looked up by row are not
// (`table`), for a check would read the rows that nobody needs.
//
// Thread-safe after construction. Memory bound: headers; tensors are views of the maps.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"
#include "common/base/safetensors.h"

namespace cleave {

class Checkpoint {
 public:
  // Canonical names are those without "module." and then `prefix` (e.g. "bert.") in front, and with
  // weight and bias of norms where the first BERT files say gamma and beta.
  // Errors: IoError, DataError naming the file.
  Checkpoint(std::filesystem::path folder, std::string_view prefix);

  bool has(const std::string& name) const { return entries_.contains(name); }
  std::vector<std::string> names() const;

  struct Entry {
    std::size_t file;
    TensorInfo info;
  };
  // Errors: DataError when the name is missing.
  const Entry& entry(const std::string& name) const;
  const std::filesystem::path& file_of(const Entry& entry) const { return paths_[entry.file]; }

  // The tensor, checked against `shape`, in its stored dtype, which must be a floating one; a view
  // of the map that keeps it alive. Errors: DataError naming file and tensor, also where a value is
  // NaN or infinite.
  at::Tensor tensor(const std::string& name, const std::vector<std::int64_t>& shape) const;
  // The same with its values unread and unchecked: a vocabulary's vectors.
  at::Tensor table(const std::string& name, const std::vector<std::int64_t>& shape) const;

  // Lets go of the memory behind tensors that were only copied from. Views stay valid.
  void release_pages() const;

  const std::filesystem::path& folder() const { return folder_; }

 private:
  // The tensors whose values have been read and are finite, for all copies of a checkpoint.
  struct Finite {
    std::mutex turn;
    std::set<std::string> names;
  };

  void add_file(const std::filesystem::path& path, std::string_view prefix);
  void check_finite(const std::string& name, const at::Tensor& values) const;

  std::filesystem::path folder_;
  std::vector<std::filesystem::path> paths_;
  std::vector<std::shared_ptr<const MappedFile>> maps_;
  std::map<std::string, Entry, std::less<>> entries_;
  std::shared_ptr<Finite> finite_ = std::make_shared<Finite>();
};

}  // namespace cleave
