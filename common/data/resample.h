// Resizing one plane of bytes to the bit as Pillow does it: separable, with a filter that widens
// when shrinking (no aliasing), in fixed point, rounded to bytes between the two passes.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "common/data/image_spec.h"

namespace cleave {

// `plane` holds from.height rows of from.width bytes; all sides are at least 1.
std::vector<std::uint8_t> resample(std::span<const std::uint8_t> plane, ImageSize from,
                                   ImageSize to, Resampling resampling);

}  // namespace cleave
