#include "common/model/checkpoint.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/finite.h"
#include "common/model/torch_dtype.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxIndexBytes = 64 << 20;

// The shard files that an index names; only plain file names are followed.
std::set<std::string> shards_of(const fs::path& index) {
  std::set<std::string> shards;
  try {
    const auto json = nlohmann::json::parse(read_file(index, kMaxIndexBytes));
    for (const auto& [name, file] : json.at("weight_map").items()) {
      shards.insert(file.get<std::string>());
    }
  } catch (const nlohmann::json::exception& error) {
    throw DataError(index.string() + " is not a safetensors index (" + error.what() + ")");
  }
  for (const std::string& shard : shards) {
    if (fs::path(shard).filename() != shard || fs::path(shard).extension() != ".safetensors") {
      throw DataError(index.string() + ": \"" + shard.substr(0, 80) +
                      "\" is not a plain .safetensors file name");
    }
  }
  return shards;
}

bool drop_front(std::string_view& name, std::string_view prefix) {
  const bool begins = !prefix.empty() && name.substr(0, prefix.size()) == prefix;
  if (begins) name.remove_prefix(prefix.size());
  return begins;
}

std::string canonical_name(std::string_view name, std::string_view prefix) {
  drop_front(name, "module.");  // of models saved from inside a parallel wrapper
  drop_front(name, prefix);
  for (const auto& [old, current] : {std::pair<std::string_view, const char*>{"gamma", "weight"},
                                     std::pair<std::string_view, const char*>{"beta", "bias"}}) {
    const std::string ending = "LayerNorm." + std::string(old);
    if (name.size() < ending.size()) continue;
    const std::size_t begin = name.size() - ending.size();
    if (name.substr(begin) != ending) continue;
    return std::string(name.substr(0, name.size() - old.size())) + current;
  }
  return std::string(name);
}

bool is_floating(Dtype dtype) {
  return dtype == Dtype::kF32 || dtype == Dtype::kF64 || dtype == Dtype::kF16 ||
         dtype == Dtype::kBf16;
}

}  // namespace

Checkpoint::Checkpoint(fs::path folder, std::string_view prefix) : folder_(std::move(folder)) {
  const fs::path single = folder_ / "model.safetensors";
  const fs::path index = folder_ / "model.safetensors.index.json";
  if (fs::exists(single)) {
    add_file(single, prefix);
  } else if (fs::exists(index)) {
    for (const std::string& shard : shards_of(index)) add_file(folder_ / shard, prefix);
  } else {
    const bool pickle = fs::exists(folder_ / "pytorch_model.bin");
    throw DataError(folder_.string() + " has no model.safetensors" +
                    (pickle ? "; pytorch_model.bin is a pickle, which can run code and is never "
                              "read: convert it with the safetensors package"
                            : "; is it a Hugging Face model folder?"));
  }
}

void Checkpoint::add_file(const fs::path& path, std::string_view prefix) {
  auto map = std::make_shared<const MappedFile>(path);
  SafetensorsHeader header;
  try {
    header = parse_safetensors_header(map->bytes(), map->bytes().size());
  } catch (const DataError& error) {
    throw DataError(path.string() + ": " + error.what());
  }
  for (auto& [name, info] : header.tensors) {
    const std::string canonical = canonical_name(name, prefix);
    if (!entries_.emplace(canonical, Entry{maps_.size(), info}).second) {
      throw DataError(path.string() + ": the tensor " + canonical +
                      " twice, under names that mean the same");
    }
  }
  paths_.push_back(path);
  maps_.push_back(std::move(map));
}

std::vector<std::string> Checkpoint::names() const {
  std::vector<std::string> out;
  for (const auto& [name, entry] : entries_) out.push_back(name);
  return out;
}

const Checkpoint::Entry& Checkpoint::entry(const std::string& name) const {
  const auto found = entries_.find(name);
  if (found != entries_.end()) return found->second;
  if (fs::exists(folder_ / "model.lock")) {
    throw DataError(folder_.string() + " has no tensor " + name +
                    ": the folder is a slice for another cut or read-out; run cleave slice again");
  }
  throw DataError(folder_.string() + " has no tensor " + name +
                  ", which a model of its config.json has");
}

void Checkpoint::release_pages() const {
  for (const auto& map : maps_) map->release_pages();
}

void Checkpoint::check_finite(const std::string& name, const at::Tensor& values) const {
  {
    const std::lock_guard lock(finite_->turn);
    if (finite_->names.contains(name)) return;
  }
  const Entry& found = entry(name);
  if (!all_finite({static_cast<const std::byte*>(values.data_ptr()), values.nbytes()},
                  found.info.dtype)) {
    throw DataError(file_of(found).string() + ": " + name +
                    " has values that are NaN or infinite, and so would be all that the model "
                    "computes; the file is damaged or its training diverged: fetch it again, or "
                    "take another checkpoint");
  }
  const std::lock_guard lock(finite_->turn);
  finite_->names.insert(name);
}

at::Tensor Checkpoint::tensor(const std::string& name,
                              const std::vector<std::int64_t>& shape) const {
  at::Tensor values = table(name, shape);
  check_finite(name, values);
  return values;
}

at::Tensor Checkpoint::table(const std::string& name,
                             const std::vector<std::int64_t>& shape) const {
  const Entry& found = entry(name);
  if (found.info.shape != shape) {
    throw DataError(fmt::format("{}: {} has shape [{}], config.json calls for [{}]",
                                file_of(found).string(), name, fmt::join(found.info.shape, ", "),
                                fmt::join(shape, ", ")));
  }
  if (!is_floating(found.info.dtype)) {
    throw DataError(fmt::format(
        "{}: {} holds numbers of type {}, where weights are F32, F64, F16 or BF16; quantised or "
        "packed weights are not read: save the model in one of these",
        file_of(found).string(), name, dtype_name(found.info.dtype)));
  }
  const std::shared_ptr<const MappedFile>& map = maps_[found.file];
  const std::byte* const data = map->bytes().data() + found.info.begin;
  const at::ScalarType type = to_scalar_type(found.info.dtype, name);
  if (reinterpret_cast<std::uintptr_t>(data) % dtype_size(found.info.dtype) != 0) {
    at::Tensor copy = at::empty(shape, type);
    std::memcpy(copy.data_ptr(), data, found.info.end - found.info.begin);
    return copy;
  }
  // The map is read-only; frozen weights are never written.
  return at::from_blob(
      const_cast<std::byte*>(data), shape, [map](void*) {}, type);
}

}  // namespace cleave
