// Image settings: the numbers that a model is fed of every picture, or a refusal.
//
// case.json holds image_size; ../pictures the files. values.safetensors becomes (3, size, size) of
// each that is read, by its file's name, and refusals.json what was said of the others.
#include <ATen/ATen.h>

#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/image_files.h"
#include "common/data/image_settings.h"
#include "common/tuning/state.h"
#include "tests/transformers/cases.h"

namespace cleave::testing {
namespace {

using nlohmann::json;

at::Tensor values_of(const std::vector<std::uint8_t>& pixels, const ImageSettings& settings) {
  const auto values = pixel_values(settings);
  const std::int64_t side = settings.spec.size;
  at::Tensor out = at::empty({3, side, side});
  float* to = out.data_ptr<float>();
  const std::size_t plane = pixels.size() / 3;
  for (std::size_t i = 0; i < pixels.size(); ++i) *to++ = values[i / plane][pixels[i]];
  return out;
}

void open_case(const fs::path& folder) {
  const json about = json::parse(read_file(folder / "case.json", 1 << 20));
  const ImageSettings settings = load_image_settings(folder / "model", 3, about.at("image_size"));
  State values;
  json refusals = json::object();
  for (const auto& entry : fs::directory_iterator(folder.parent_path() / "pictures")) {
    const std::string name = entry.path().filename().string();
    try {
      values.add(name, values_of(read_picture(entry.path(), settings.spec), settings));
    } catch (const DataError& error) {
      refusals[name] = error.what();
    }
  }
  save_state(folder / "values.safetensors", values, {});
  write_atomically(folder / "refusals.json", refusals.dump());
}

}  // namespace

void run_images(const fs::path& folder) { each_case(folder, open_case); }

}  // namespace cleave::testing
