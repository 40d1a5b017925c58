// The first byte says what the rest is: "s" text as a preprocessor_config.json, "p" a picture's
// file and "w" one whose transparent colour would become white. Settings that are accepted make
// finite numbers and lines of the model hash.
#include "common/data/image_settings.h"

#include <cmath>

#include "common/base/error.h"
#include "common/data/picture_bytes.h"

namespace cleave {
namespace {

void check_settings(std::string_view text) {
  const ImageSettings settings = parse_image_settings(text, "preprocessor_config.json", 3, 224);
  const auto values = pixel_values(settings);
  CLEAVE_CHECK(values.size() == 3 && !image_lines(settings).empty());
  for (const auto& channel : values) {
    for (const float value : channel) CLEAVE_CHECK(std::isfinite(value));
  }
}

}  // namespace
}  // namespace cleave

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cleave;
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    if (data[0] == 's') check_settings(rest);
    if (data[0] == 'p') check_picture(rest, "picture");
    if (data[0] == 'w') check_picture(rest, "picture", /*clear_is_white=*/true);
  } catch (const DataError&) {
  }
  return 0;
}
