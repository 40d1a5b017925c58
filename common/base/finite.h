// Whether stored numbers are finite, by their bits: without a copy or a tensor library.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

#include "common/base/dtype.h"

namespace cleave {

// All exponent bits set means NaN or infinity; an integer loop the compiler vectorises.
template <class Word, Word kExponent>
bool all_finite_as(std::span<const std::byte> values) {
  unsigned bad = 0;
  for (std::size_t i = 0; i < values.size() / sizeof(Word); ++i) {
    Word word;
    std::memcpy(&word, values.data() + i * sizeof(Word), sizeof(Word));
    bad |= static_cast<Word>(word & kExponent) == kExponent;
  }
  return bad == 0;
}

// Integers always are.
inline bool all_finite(std::span<const std::byte> values, Dtype dtype) {
  switch (dtype) {
    case Dtype::kF64:
      return all_finite_as<std::uint64_t, 0x7ff0000000000000>(values);
    case Dtype::kF32:
      return all_finite_as<std::uint32_t, 0x7f800000>(values);
    case Dtype::kBf16:
      return all_finite_as<std::uint16_t, 0x7f80>(values);
    case Dtype::kF16:
      return all_finite_as<std::uint16_t, 0x7c00>(values);
    default:
      return true;
  }
}

}  // namespace cleave
