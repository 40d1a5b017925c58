// The tensors of an adapter_model.safetensors under the checkpoint's canonical names: each is taken
// once, in the shape that the model calls for, as finite fp32. It reads no pickles, and copies
// nothing before its shape is known to be right.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/files.h"
#include "common/base/safetensors.h"

namespace cleave {

constexpr const char* kAdapterWeights = "adapter_model.safetensors";

class AdapterTensors {
 public:
  // What else is done to names, to the checkpoint's; null: nothing.
  using Rename = std::function<std::string(const std::string& name)>;

  // Removes `wrapper` ("base_model.model.") and then `prefix` ("bert.") from names that begin so. A
  // tensor may be there under several names where all of them have the same values.
  // Errors: IoError, DataError naming the file (a pickle, a damaged header, a name that is none).
  AdapterTensors(const std::filesystem::path& folder, std::string_view wrapper,
                 std::string_view prefix, const Rename& rename = nullptr);

  bool has(const std::string& name) const { return entries_.contains(name); }
  // Errors: DataError when it is missing.
  const std::vector<std::int64_t>& shape(const std::string& name) const;
  at::Tensor take(const std::string& name, const std::vector<std::int64_t>& shape);
  // Those that nobody has taken yet, in order.
  std::vector<std::string> names() const;
  // Errors: DataError naming what is left.
  void expect_none_left() const;

 private:
  const TensorInfo& entry(const std::string& name) const;
  bool same_values(const TensorInfo& a, const TensorInfo& b) const;

  std::string file_;
  std::unique_ptr<MappedFile> map_;
  std::map<std::string, TensorInfo> entries_;
};

// The number of a name's block: its first part that is one. Nothing: it is in no block.
std::optional<std::int64_t> layer_in(std::string_view name);

}  // namespace cleave
