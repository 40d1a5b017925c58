// Which way up a picture is, by the EXIF block of its file.
#pragma once

#include <string_view>

namespace cleave {

// Whether the block says that the picture is to be turned or mirrored; not where it is damaged.
bool is_turned(std::string_view exif);

}  // namespace cleave
