#include "common/tuning/state_bytes.h"

#include <ATen/ATen.h>

#include <cstring>

#include "common/base/error.h"

namespace cleave {

std::uint64_t state_bytes(const State& form) {
  return static_cast<std::uint64_t>(form.numel()) * sizeof(float);
}

Buffer pack_state(const State& state) {
  Buffer out(state_bytes(state));
  std::byte* position = out.data();
  for (const auto& [name, tensor] : state.tensors) {
    const at::Tensor values = tensor.contiguous();
    std::memcpy(position, values.data_ptr(), values.nbytes());
    position += values.nbytes();
  }
  return out;
}

State unpack_state(const Buffer& bytes, const State& form) {
  if (bytes.size() != state_bytes(form)) {
    throw ProtocolError("a state of " + std::to_string(bytes.size()) +
                        " bytes where the job calls for " + std::to_string(state_bytes(form)));
  }
  State state;
  const std::byte* position = bytes.data();
  for (const auto& [name, tensor] : form.tensors) {
    at::Tensor values = at::empty(tensor.sizes(), at::kFloat);
    std::memcpy(values.data_ptr(), position, values.nbytes());
    position += values.nbytes();
    state.tensors.emplace_back(name, std::move(values));
  }
  return state;
}

}  // namespace cleave
