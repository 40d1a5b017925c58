// Whether the file of a picture is whole: decoders fill up in silence what a broken download lacks.
// It decodes nothing.
#pragma once

#include <string>
#include <string_view>

namespace cleave {

// For PNG and JPEG, whose ends are found without decoding; of other formats the decoder sees the
// end. Errors: DataError naming `where`, for a file that ends early, more pixels than Pillow opens,
// and depths that Pillow and others bring to bytes in different ways.
void check_picture(std::string_view bytes, const std::string& where);

}  // namespace cleave
