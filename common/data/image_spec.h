// Which bytes of a picture a model is fed: how it is resized, cropped and brought to the model's
// channels, as transformers' image processors do it. A plain value; it reads no files.
#pragma once

namespace cleave {

// Numbered as Pillow and preprocessor_config.json number them.
enum class Resampling { kNearest, kLanczos, kBilinear, kBicubic, kBox, kHamming };

struct ImageSize {
  int height = 0, width = 0;
  bool operator==(const ImageSize&) const = default;
};

struct ImageSpec {
  int channels = 3;  // 1 or 3
  int size = 224;    // height and width that the model takes

  bool resize = true;
  ImageSize resized = {};  // 0 x 0: size x size
  int shortest_edge = 0;   // above 0, and instead of `resized`: the shorter edge, keeping the shape
  Resampling resampling = Resampling::kBilinear;
  ImageSize crop = {};  // after resizing, around the centre, filled up with 0; 0 x 0: none
  // Whether transformers makes white of the colour that a PNG calls transparent (do_convert_rgb).
  // Such a picture is refused then.
  bool clear_is_white = false;
};

}  // namespace cleave
