// What decoders pass over in silence: that the file of a picture ends early, and what Pillow makes
// of it in another way. It decodes nothing.
#pragma once

#include <string>
#include <string_view>

namespace cleave {

// The ends of PNG and JPEG are found without decoding; of other formats the decoder sees the end.
// Errors: DataError naming `where`, for a file that ends early, more pixels than Pillow opens,
// depths that Pillow and others bring to bytes in different ways, a WebP that its EXIF turns, and
// with `clear_is_white` a PNG with a transparent colour.
void check_picture(std::string_view bytes, const std::string& where, bool clear_is_white = false);

}  // namespace cleave
