// Bytes as the start of a safetensors file. What is accepted must describe tensors inside the file.
#include "common/base/safetensors.h"
#include "common/base/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cleave;
  const std::span<const std::byte> file(reinterpret_cast<const std::byte*>(data), size);
  try {
    const SafetensorsHeader header = parse_safetensors_header(file, size);
    for (const auto& [name, tensor] : header.tensors) {
      CLEAVE_CHECK(tensor.begin <= tensor.end && tensor.end <= size);
    }
  } catch (const DataError&) {
  }
  return 0;
}
