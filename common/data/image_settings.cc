#include "common/data/image_settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/json_fields.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxBytes = 1 << 20;
constexpr std::int64_t kMaxSide = 1 << 13;

// What an image processor does where its file is silent (transformers 5).
struct Processor {
  std::string_view name;
  Resampling resampling;
  std::array<double, 3> mean, std;
  ImageSize size;  // 0 x 0: shortest_edge
  int shortest_edge;
  bool crops;
  bool converts = false;
};

constexpr std::array<double, 3> kHalf = {0.5, 0.5, 0.5};
constexpr std::array<double, 3> kClipMean = {0.48145466, 0.4578275, 0.40821073};
constexpr std::array<double, 3> kClipStd = {0.26862954, 0.26130258, 0.27577711};

constexpr Processor kProcessors[] = {
    {"ViT", Resampling::kBilinear, kHalf, kHalf, {224, 224}, 0, false},
    {"DeiT", Resampling::kBicubic, kHalf, kHalf, {256, 256}, 0, true},
    {"Beit", Resampling::kBicubic, kHalf, kHalf, {224, 224}, 0, false},
    {"Bit", Resampling::kBicubic, kClipMean, kClipStd, {}, 224, true, true},
    {"CLIP", Resampling::kBicubic, kClipMean, kClipStd, {}, 224, true, true},
};

const Processor& find_processor(JsonFields& fields) {
  const char* const key =
      fields.has("image_processor_type") ? "image_processor_type" : "feature_extractor_type";
  fields.ignore({"image_processor_type", "feature_extractor_type"});
  if (!fields.has(key)) return kProcessors[0];
  const std::string name = fields.text(key);
  for (const Processor& processor : kProcessors) {
    for (const char* kind :
         {"ImageProcessor", "ImageProcessorFast", "ImageProcessorPil", "FeatureExtractor"}) {
      if (name == std::string(processor.name) + kind) return processor;
    }
  }
  fields.bad(key, "the image processor of ViT, DeiT, Beit, Bit or CLIP");
}

int side(JsonFields& fields, const std::string& key) {
  const std::int64_t value = fields.size(key);
  if (value > kMaxSide) fields.bad(key, "at most " + std::to_string(kMaxSide) + " pixels");
  return static_cast<int>(value);
}

ImageSize height_and_width(JsonFields& fields) {
  return {side(fields, "height"), side(fields, "width")};
}

// [h, w].
ImageSize listed(JsonFields& fields, const std::string& key) {
  const nlohmann::json& list = fields.value(key);
  ImageSize size;
  const auto taken = [](const nlohmann::json& item, int& out) {
    if (!item.is_number_integer() || item < 1 || item > kMaxSide) return false;
    out = item.get<int>();
    return true;
  };
  if (list.size() != 2 || !taken(list[0], size.height) || !taken(list[1], size.width)) {
    fields.bad(key, "a height and a width of at most " + std::to_string(kMaxSide) + " pixels");
  }
  return size;
}

void read_resizing(JsonFields& fields, const Processor& processor, ImageSpec& spec) {
  spec.resize = fields.flag_or("do_resize", true);
  spec.resized = processor.size;
  spec.shortest_edge = processor.shortest_edge;
  const bool square = fields.flag_or("default_to_square", processor.shortest_edge == 0);
  if (fields.has("size")) {
    const nlohmann::json& size = fields.value("size");
    spec.resized = {};
    spec.shortest_edge = 0;
    if (size.is_object()) {
      JsonFields edges = fields.object("size");
      const bool shortest = edges.has("shortest_edge");
      if (shortest) spec.shortest_edge = side(edges, "shortest_edge");
      if (!shortest) spec.resized = height_and_width(edges);
      edges.refuse_the_rest();
    } else if (size.is_array()) {
      spec.resized = listed(fields, "size");
    } else {
      const int value = side(fields, "size");
      if (square) spec.resized = {value, value};
      if (!square) spec.shortest_edge = value;
    }
  }
  spec.resampling = processor.resampling;
  if (!fields.has("resample")) return;
  const nlohmann::json& number = fields.value("resample");
  if (!number.is_number_integer() || number < 0 || number > 5) {
    fields.bad("resample", "0 to 5 (nearest, lanczos, bilinear, bicubic, box, hamming)");
  }
  spec.resampling = static_cast<Resampling>(number.get<int>());
}

void read_crop(JsonFields& fields, const Processor& processor, ImageSpec& spec) {
  spec.crop = {224, 224};
  if (fields.has("crop_size")) {
    const nlohmann::json& size = fields.value("crop_size");
    if (size.is_object()) {
      JsonFields edges = fields.object("crop_size");
      spec.crop = height_and_width(edges);
      edges.refuse_the_rest();
    } else if (size.is_array()) {
      spec.crop = listed(fields, "crop_size");
    } else {
      const int value = side(fields, "crop_size");
      spec.crop = {value, value};
    }
  }
  if (!fields.flag_or("do_center_crop", processor.crops)) spec.crop = {};
}

// One number for all channels, or one each. A grey model may have three that are equal.
std::vector<double> per_channel(JsonFields& fields, const std::string& key, std::size_t channels,
                                const std::array<double, 3>& otherwise) {
  std::vector<double> out(otherwise.begin(), otherwise.end());
  if (fields.has(key)) {
    const nlohmann::json& value = fields.value(key);
    const nlohmann::json list = value.is_array() ? value : nlohmann::json::array({value});
    out.clear();
    for (const nlohmann::json& item : list) {
      if (!item.is_number()) fields.bad(key, "a number for each channel");
      out.push_back(item.get<double>());
    }
  }
  const bool equal = std::all_of(out.begin(), out.end(), [&](double v) { return v == out[0]; });
  if (out.size() == 1 || (out.size() == 3 && equal)) out.assign(channels, out[0]);
  if (out.size() != channels) {
    throw DataError(fmt::format("{}: {}: expected a number for each of the model's {} channels",
                                fields.file(), key, channels));
  }
  return out;
}

void read_numbers(JsonFields& fields, const Processor& processor, ImageSettings& settings) {
  const auto channels = static_cast<std::size_t>(settings.spec.channels);
  settings.factor = fields.has("rescale_factor") ? fields.number("rescale_factor") : 1 / 255.0;
  if (!fields.flag_or("do_rescale", true)) settings.factor = 1;
  settings.mean = per_channel(fields, "image_mean", channels, processor.mean);
  settings.std = per_channel(fields, "image_std", channels, processor.std);
  if (!fields.flag_or("do_normalize", true)) {
    settings.mean.assign(channels, 0);
    settings.std.assign(channels, 1);
  }
  for (const auto& values : pixel_values(settings)) {
    for (const float value : values) {
      if (std::isfinite(value)) continue;
      throw DataError(fields.file() +
                      ": rescale_factor, image_mean and image_std make pixels that are no finite "
                      "numbers (a deviation of 0?)");
    }
  }
}

// Whether a picture comes out as the model takes it; a shortest edge alone can, where it is square.
void check_size(const JsonFields& fields, const ImageSpec& spec) {
  const auto fits = [&](ImageSize size) { return size == ImageSize{spec.size, spec.size}; };
  const std::string needed = fmt::format("{0}x{0}, as config.json has image_size", spec.size);
  const auto refuse = [&](const std::string& what) {
    throw DataError(fields.file() + ": " + what + ", but the model takes " + needed);
  };
  const auto text = [](ImageSize size) { return fmt::format("{}x{}", size.height, size.width); };
  if (spec.crop != ImageSize{}) {
    if (!fits(spec.crop)) refuse("crop_size is " + text(spec.crop));
  } else if (spec.resize && spec.shortest_edge > 0) {
    if (spec.shortest_edge != spec.size) {
      refuse(fmt::format("size.shortest_edge is {}", spec.shortest_edge));
    }
  } else if (spec.resize && !fits(spec.resized)) {
    refuse("size is " + text(spec.resized));
  }
}

}  // namespace

ImageSettings default_image_settings(std::int64_t channels, std::int64_t image_size) {
  ImageSettings settings;
  settings.spec.channels = static_cast<int>(channels);
  settings.spec.size = static_cast<int>(image_size);
  settings.spec.resized = {settings.spec.size, settings.spec.size};
  settings.mean.assign(static_cast<std::size_t>(channels), 0.5);
  settings.std = settings.mean;
  return settings;
}

ImageSettings parse_image_settings(std::string_view text, const std::string& file,
                                   std::int64_t channels, std::int64_t image_size) {
  JsonFields fields(text, file, "image processor");
  ImageSettings settings = default_image_settings(channels, image_size);
  const Processor& processor = find_processor(fields);
  read_resizing(fields, processor, settings.spec);
  read_crop(fields, processor, settings.spec);
  read_numbers(fields, processor, settings);
  // Pictures are always made grey or RGB as transformers' load_image does it, without alpha, which
  // leaves to do_convert_rgb what is clear without it.
  settings.spec.clear_is_white = fields.flag_or("do_convert_rgb", processor.converts);
  fields.expect_off({"do_pad", "do_flip_channel_order", "do_align_long_axis", "do_thumbnail",
                     "do_color_quantize", "use_square_size"});
  fields.expect("data_format", "channels_first");
  fields.ignore({"pad_size", "do_reduce_labels", "reduce_labels", "processor_class",
                 "_valid_processor_keys", "input_data_format", "return_tensors", "device",
                 "disable_grouping", "image_seq_length", "use_fast", "model_input_names",
                 "name_or_path", "_commit_hash", "transformers_version"});
  fields.refuse_the_rest();
  check_size(fields, settings.spec);
  return settings;
}

ImageSettings load_image_settings(const fs::path& folder, std::int64_t channels,
                                  std::int64_t image_size) {
  const fs::path file = folder / "preprocessor_config.json";
  if (fs::exists(folder / "processor_config.json")) {
    throw DataError((folder / "processor_config.json").string() +
                    " goes before preprocessor_config.json where transformers reads a model, and "
                    "Cleave reads no such file: save the image processor alone");
  }
  if (!fs::exists(file)) return default_image_settings(channels, image_size);
  return parse_image_settings(read_file(file, kMaxBytes), file.string(), channels, image_size);
}

std::vector<std::array<float, 256>> pixel_values(const ImageSettings& settings) {
  std::vector<std::array<float, 256>> values(settings.mean.size());
  for (std::size_t c = 0; c < values.size(); ++c) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const double scaled = static_cast<double>(byte) * settings.factor;
      values[c][byte] = static_cast<float>((scaled - settings.mean[c]) / settings.std[c]);
    }
  }
  return values;
}

std::vector<std::string> image_lines(const ImageSettings& settings) {
  constexpr const char* kNames[] = {"nearest", "lanczos", "bilinear", "bicubic", "box", "hamming"};
  const ImageSpec& spec = settings.spec;
  std::vector<std::string> lines;
  if (!spec.resize) {
    lines.emplace_back("image_resize=none");
  } else {
    const std::string to = spec.shortest_edge > 0
                               ? fmt::format("shortest_edge:{}", spec.shortest_edge)
                               : fmt::format("{}x{}", spec.resized.height, spec.resized.width);
    lines.push_back(
        fmt::format("image_resize={},{}", to, kNames[static_cast<int>(spec.resampling)]));
  }
  if (spec.crop != ImageSize{}) {
    lines.push_back(fmt::format("image_crop={}x{}", spec.crop.height, spec.crop.width));
  }
  lines.push_back(fmt::format("image_factor={}", settings.factor));
  for (std::size_t i = 0; i < settings.mean.size(); ++i) {
    lines.push_back(fmt::format("channel_{}={},{}", i, settings.mean[i], settings.std[i]));
  }
  return lines;
}

}  // namespace cleave
