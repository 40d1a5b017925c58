// The named tensors of everything that is tuned: the only thing that is sent to be averaged, saved
// and exported. Optimiser state is another thing and not in here.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace cleave {

// Sorted by name; every tensor is fp32 and contiguous.
struct State {
  std::vector<std::pair<std::string, at::Tensor>> tensors;

  void add(std::string name, at::Tensor tensor);  // keeps the order
  const at::Tensor& at(const std::string& name) const;
  bool has(const std::string& name) const;
  std::int64_t numel() const;
  State clone() const;
};

// A copy whose tensors are leaves that require gradients.
State trainable(const State& start);

// The tensors of both; of one, those for which `wanted` holds. Tensors are shared.
State merged(const State& a, const State& b);
State part_of(const State& state, const std::function<bool(const std::string& name)>& wanted);

// Bitwise equality of names, shapes and values.
bool equal(const State& a, const State& b);
bool all_finite(const State& state);

// safetensors with a checksum of the whole file in its metadata ("sha256", base/seal.h): the bytes
// of a state's file, which are a function of the state and the metadata alone.
std::string state_file(const State& state, std::map<std::string, std::string> metadata);
// That checksum of such bytes, in hexadecimal.
std::string checksum_of(std::string_view state_file);
// state_file, written aside and renamed. Errors: IoError.
void save_state(const std::filesystem::path& path, const State& state,
                std::map<std::string, std::string> metadata);
struct SavedState {
  State state;
  std::map<std::string, std::string, std::less<>> metadata;  // but the checksum
  std::string checksum;                                      // which fits; empty: it carries none
};
// Errors: IoError, DataError, also where a checksum does not fit. Others' files have none.
SavedState load_state(const std::filesystem::path& path);
// Of our own: a state without a checksum is refused, too.
SavedState load_sealed_state(const std::filesystem::path& path);

// Errors: DataError when names or shapes differ; `where` says whose state it is.
void check_same_form(const State& state, const State& expected, const std::string& where);

}  // namespace cleave
