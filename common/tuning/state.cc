#include "common/tuning/state.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cstring>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/safetensors.h"
#include "common/base/seal.h"

namespace cleave {

namespace {

constexpr const char* kSeal = "sha256";
// In the header: names in JSON cannot hold an unescaped quote, so that this stands for itself.
constexpr std::string_view kSealKey = "\"sha256\":\"";

// Of the whole file; behind its end where it carries none.
std::size_t seal_at(std::string_view file) {
  const std::size_t key = file.find(kSealKey);
  return key == std::string_view::npos ? file.size() : key + kSealKey.size();
}

}  // namespace

void State::add(std::string name, at::Tensor tensor) {
  const auto place =
      std::lower_bound(tensors.begin(), tensors.end(), name,
                       [](const auto& entry, const std::string& n) { return entry.first < n; });
  CLEAVE_CHECK(place == tensors.end() || place->first != name);
  tensors.emplace(place, std::move(name), std::move(tensor));
}

const at::Tensor& State::at(const std::string& name) const {
  for (const auto& [own, tensor] : tensors) {
    if (own == name) return tensor;
  }
  throw DataError("the state has no tensor " + name);
}

bool State::has(const std::string& name) const {
  return std::any_of(tensors.begin(), tensors.end(),
                     [&](const auto& entry) { return entry.first == name; });
}

std::int64_t State::numel() const {
  std::int64_t sum = 0;
  for (const auto& [name, tensor] : tensors) sum += tensor.numel();
  return sum;
}

State State::clone() const {
  State copy;
  for (const auto& [name, tensor] : tensors)
    copy.tensors.emplace_back(name, tensor.detach().clone());
  return copy;
}

State trainable(const State& start) {
  State state = start.clone();
  for (auto& [name, tensor] : state.tensors) tensor.requires_grad_(true);
  return state;
}

State merged(const State& a, const State& b) {
  State out = a;
  for (const auto& [name, tensor] : b.tensors) out.add(name, tensor);
  return out;
}

State part_of(const State& state, const std::function<bool(const std::string& name)>& wanted) {
  State out;
  for (const auto& entry : state.tensors) {
    if (wanted(entry.first)) out.tensors.push_back(entry);
  }
  return out;
}

bool equal(const State& a, const State& b) {
  return std::equal(a.tensors.begin(), a.tensors.end(), b.tensors.begin(), b.tensors.end(),
                    [](const auto& x, const auto& y) {
                      return x.first == y.first && x.second.sizes() == y.second.sizes() &&
                             std::memcmp(x.second.data_ptr(), y.second.data_ptr(),
                                         x.second.nbytes()) == 0;
                    });
}

bool all_finite(const State& state) {
  return std::all_of(state.tensors.begin(), state.tensors.end(), [](const auto& entry) {
    return at::isfinite(entry.second).all().template item<bool>();
  });
}

std::string state_file(const State& state, std::map<std::string, std::string> metadata) {
  metadata[kSeal] = kUnsealed;
  std::vector<NewTensor> entries;
  for (const auto& [name, tensor] : state.tensors) {
    entries.push_back({name, Dtype::kF32, tensor.sizes().vec()});
  }
  const NewHeader header = make_safetensors_header(std::move(entries), metadata);
  std::string content = header.bytes;
  for (const std::string& name : header.order) {
    const at::Tensor& tensor = state.at(name);
    CLEAVE_CHECK(tensor.is_contiguous() && tensor.scalar_type() == at::kFloat);
    content.append(static_cast<const char*>(tensor.data_ptr()), tensor.nbytes());
  }
  seal(content, seal_at(content));
  return content;
}

std::string checksum_of(std::string_view state_file) {
  return std::string(state_file.substr(seal_at(state_file), kUnsealed.size()));
}

void save_state(const fs::path& path, const State& state,
                std::map<std::string, std::string> metadata) {
  write_atomically(path, state_file(state, std::move(metadata)));
}

SavedState load_state(const fs::path& path) {
  const std::string content = read_file(path, std::uint64_t{4} << 30);
  SavedState saved;
  try {
    SafetensorsHeader header =
        parse_safetensors_header(std::as_bytes(std::span(content)), content.size());
    for (const auto& [name, info] : header.tensors) {
      if (info.dtype != Dtype::kF32) throw DataError("the tensor " + name + " is not F32");
      at::Tensor tensor = at::empty(info.shape, at::kFloat);
      std::memcpy(tensor.data_ptr(), content.data() + info.begin, info.end - info.begin);
      saved.state.add(name, std::move(tensor));
    }
    if (header.metadata.erase(kSeal) > 0) {
      if (!is_sealed(content, seal_at(content))) {
        throw DataError("is damaged: its checksum does not match its content");
      }
      saved.checksum = checksum_of(content);
    }
    saved.metadata = std::move(header.metadata);
  } catch (const DataError& error) {
    throw DataError(path.string() + ": " + error.what());
  }
  return saved;
}

SavedState load_sealed_state(const fs::path& path) {
  SavedState saved = load_state(path);
  if (!saved.checksum.empty()) return saved;
  throw DataError(path.string() +
                  " carries no checksum: an earlier version of Cleave wrote it, or it is damaged; "
                  "run the job anew");
}

void check_same_form(const State& state, const State& expected, const std::string& where) {
  for (const auto& [name, tensor] : expected.tensors) {
    if (!state.has(name)) throw DataError(where + ": the tensor " + name + " is missing");
    if (state.at(name).sizes() != tensor.sizes()) {
      throw DataError(where + ": the tensor " + name + " has another shape than the job calls for");
    }
  }
  if (state.tensors.size() != expected.tensors.size()) {
    throw DataError(where + ": holds tensors that the job does not tune");
  }
}

}  // namespace cleave
