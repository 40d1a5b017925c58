#include "common/peft/adapter_tensors.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "common/base/error.h"
#include "common/model/torch_dtype.h"

namespace cleave {
namespace {

constexpr std::size_t kLongestName = 512;

void check_name(const std::string& name, const std::string& file) {
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '.' || c == '-';
  };
  const bool good = !name.empty() && name.size() <= kLongestName && name.front() != '.' &&
                    name.find("..") == std::string::npos &&
                    std::all_of(name.begin(), name.end(), plain);
  if (good) return;
  throw DataError(file + ": \"" + name.substr(0, 80) + "\" is no tensor name of a PEFT adapter");
}

std::string without(std::string_view start, const std::string& name) {
  return name.rfind(start, 0) == 0 ? name.substr(start.size()) : name;
}

fs::path weights_in(const fs::path& folder) {
  const fs::path path = folder / kAdapterWeights;
  if (fs::exists(path)) return path;
  if (fs::exists(folder / "adapter_model.bin")) {
    throw DataError(folder.string() +
                    "/adapter_model.bin is a pickle, which can run code and is never read: save "
                    "the adapter with safe_serialization=True");
  }
  throw DataError(folder.string() + " has no " + kAdapterWeights);
}

}  // namespace

AdapterTensors::AdapterTensors(const fs::path& folder, std::string_view wrapper,
                               std::string_view prefix, const Rename& rename) {
  const fs::path path = weights_in(folder);
  file_ = path.string();
  map_ = std::make_unique<MappedFile>(path);
  SafetensorsHeader header;
  try {
    header = parse_safetensors_header(map_->bytes(), map_->bytes().size());
  } catch (const DataError& error) {
    throw DataError(file_ + ": " + error.what());
  }
  for (const auto& [name, info] : header.tensors) {
    check_name(name, file_);
    const std::string bare = without(prefix, without(wrapper, name));
    const std::string canonical = rename ? rename(bare) : bare;
    const auto [place, is_new] = entries_.emplace(canonical, info);
    if (!is_new && !same_values(place->second, info)) {
      throw DataError(file_ + ": the tensor " + canonical + " twice, with other values");
    }
  }
}

bool AdapterTensors::same_values(const TensorInfo& a, const TensorInfo& b) const {
  const std::byte* const bytes = map_->bytes().data();
  return a.dtype == b.dtype && a.shape == b.shape &&
         std::equal(bytes + a.begin, bytes + a.end, bytes + b.begin, bytes + b.end);
}

const TensorInfo& AdapterTensors::entry(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw DataError(file_ + ": the tensor " + name + " is missing");
  return found->second;
}

const std::vector<std::int64_t>& AdapterTensors::shape(const std::string& name) const {
  return entry(name).shape;
}

at::Tensor AdapterTensors::take(const std::string& name, const std::vector<std::int64_t>& shape) {
  const TensorInfo info = entry(name);
  if (info.shape != shape) {
    throw DataError(fmt::format("{}: {} has shape [{}], config and model call for [{}]", file_,
                                name, fmt::join(info.shape, ", "), fmt::join(shape, ", ")));
  }
  if (info.dtype != Dtype::kF32 && info.dtype != Dtype::kF16 && info.dtype != Dtype::kBf16) {
    throw DataError(file_ + ": " + name + " is of " + std::string(dtype_name(info.dtype)) +
                    "; expected F32, F16 or BF16");
  }
  at::Tensor stored = at::empty(shape, to_scalar_type(info.dtype, name));
  std::memcpy(stored.data_ptr(), map_->bytes().data() + info.begin, info.end - info.begin);
  if (!at::isfinite(stored).all().item<bool>()) {
    throw DataError(file_ + ": " + name + " has values that are not finite");
  }
  entries_.erase(name);
  return stored.to(at::kFloat);
}

std::vector<std::string> AdapterTensors::names() const {
  std::vector<std::string> out;
  for (const auto& [name, info] : entries_) out.push_back(name);
  return out;
}

void AdapterTensors::expect_none_left() const {
  if (entries_.empty()) return;
  const std::vector<std::string> all = names();
  const std::vector<std::string> first(
      all.begin(), all.begin() + static_cast<std::ptrdiff_t>(std::min<std::size_t>(all.size(), 5)));
  throw DataError(fmt::format("{}: {} tensors act where Cleave has no place for them: {}{}", file_,
                              all.size(), fmt::join(first, ", "), all.size() > 5 ? ", ..." : ""));
}

std::optional<std::int64_t> layer_in(std::string_view name) {
  for (std::size_t begin = 0; begin < name.size();) {
    const std::size_t end = std::min(name.find('.', begin), name.size());
    std::int64_t number = 0;
    const auto [stop, error] = std::from_chars(name.data() + begin, name.data() + end, number);
    if (error == std::errc() && stop == name.data() + end && number >= 0) return number;
    begin = end + 1;
  }
  return std::nullopt;
}

}  // namespace cleave
