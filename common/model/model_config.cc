#include "common/model/model_config.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/files.h"

namespace cleave {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMaxConfigBytes = 16 << 20;
constexpr std::int64_t kMaxSize = 1 << 24;

json parse(const fs::path& path) {
  try {
    json value = json::parse(read_file(path, kMaxConfigBytes));
    if (value.is_object()) return value;
  } catch (const json::exception& error) {
    throw DataError(path.string() + " is not valid JSON (" + error.what() + ")");
  }
  throw DataError(path.string() + " does not hold a JSON object");
}

// Typed access with messages that name file and key.
class Config {
 public:
  Config(json value, std::string file) : json_(std::move(value)), file_(std::move(file)) {}

  bool has(const char* key) const { return json_.contains(key) && !json_[key].is_null(); }

  std::int64_t size(const char* key) const {
    const json& value = require(key);
    if (!value.is_number_integer() || value < 1 || value > kMaxSize) bad(key, "a positive integer");
    return value.get<std::int64_t>();
  }

  double number(const char* key) const {
    const json& value = require(key);
    if (!value.is_number()) bad(key, "a number");
    return value.get<double>();
  }

  std::string text(const char* key) const {
    const json& value = require(key);
    if (!value.is_string()) bad(key, "a string");
    return value.get<std::string>();
  }

  // A list of numbers, or one number for all `count` entries.
  std::vector<double> numbers(const char* key, std::size_t count) const {
    const json& value = require(key);
    if (value.is_number()) return std::vector<double>(count, value.get<double>());
    std::vector<double> out;
    if (value.is_array()) {
      for (const json& item : value) {
        if (item.is_number()) out.push_back(item.get<double>());
      }
    }
    if (out.size() == 3 && count == 1) out.resize(1);
    if (out.size() != count) bad(key, std::to_string(count) + " numbers");
    return out;
  }

  // Errors unless the key is absent or has this value.
  void expect(const char* key, const std::string& value) const {
    if (!has(key)) return;
    if (!json_[key].is_string() || json_[key] != value)
      bad(key, '"' + value + "\", the only one supported");
  }

  std::vector<std::string> labels() const {
    std::vector<std::string> out;
    if (!has("id2label") || !json_["id2label"].is_object()) return out;
    const json& map = json_["id2label"];
    for (std::size_t i = 0; i < map.size(); ++i) {
      const auto found = map.find(std::to_string(i));
      if (found == map.end() || !found->is_string()) bad("id2label", "names for 0, 1, 2, ...");
      out.push_back(found->get<std::string>());
    }
    return out;
  }

 private:
  const json& require(const char* key) const {
    if (!has(key)) throw DataError(file_ + ": the key \"" + key + "\" is missing");
    return json_[key];
  }
  [[noreturn]] void bad(const char* key, const std::string& expected) const {
    throw DataError(file_ + ": " + key + ": expected " + expected + ", found " +
                    json_[key].dump(-1, ' ', true).substr(0, 60));
  }

  json json_;
  std::string file_;
};

void read_text_keys(const Config& config, ModelConfig& out) {
  out.vocabulary = config.size("vocab_size");
  out.positions = config.size("max_position_embeddings");
  out.token_types = config.has("type_vocab_size") ? config.size("type_vocab_size") : 1;
  config.expect("position_embedding_type", "absolute");
}

void read_image_keys(const Config& config, const fs::path& folder, ModelConfig& out) {
  out.image_size = config.size("image_size");
  out.patch_size = config.size("patch_size");
  out.channels = config.has("num_channels") ? config.size("num_channels") : 3;
  if (out.channels != 1 && out.channels != 3) {
    throw DataError(folder.string() + ": num_channels must be 1 or 3");
  }
  if (out.image_size % out.patch_size != 0) {
    throw DataError(folder.string() + ": image_size is not a multiple of patch_size");
  }
  const auto count = static_cast<std::size_t>(out.channels);
  out.image_mean.assign(count, 0.5);
  out.image_std.assign(count, 0.5);
  const fs::path preprocessor = folder / "preprocessor_config.json";
  if (!fs::exists(preprocessor)) return;
  const Config settings(parse(preprocessor), preprocessor.string());
  if (settings.has("image_mean")) out.image_mean = settings.numbers("image_mean", count);
  if (settings.has("image_std")) out.image_std = settings.numbers("image_std", count);
}

}  // namespace

ModelConfig load_model_config(const fs::path& folder) {
  const fs::path path = folder / "config.json";
  const Config config(parse(path), path.string());
  ModelConfig out;
  out.model_type = config.text("model_type");
  out.hidden = config.size("hidden_size");
  out.layers = config.size("num_hidden_layers");
  out.heads = config.size("num_attention_heads");
  out.intermediate = config.size("intermediate_size");
  out.norm_eps = config.number("layer_norm_eps");
  if (out.hidden % out.heads != 0) {
    throw DataError(path.string() + ": hidden_size is not a multiple of num_attention_heads");
  }
  config.expect("hidden_act", "gelu");
  out.labels = config.labels();
  if (config.has("image_size")) {
    read_image_keys(config, folder, out);
  } else {
    read_text_keys(config, out);
  }
  return out;
}

std::vector<std::string> architecture_lines(const ModelConfig& c) {
  std::vector<std::string> lines = {
      "model_type=" + c.model_type,
      fmt::format("hidden_size={}", c.hidden),
      fmt::format("num_hidden_layers={}", c.layers),
      fmt::format("num_attention_heads={}", c.heads),
      fmt::format("intermediate_size={}", c.intermediate),
      fmt::format("layer_norm_eps={}", c.norm_eps),
  };
  if (c.is_image()) {
    lines.push_back(fmt::format("image_size={}", c.image_size));
    lines.push_back(fmt::format("patch_size={}", c.patch_size));
    lines.push_back(fmt::format("num_channels={}", c.channels));
    for (std::size_t i = 0; i < c.image_mean.size(); ++i) {
      lines.push_back(fmt::format("channel_{}={},{}", i, c.image_mean[i], c.image_std[i]));
    }
  }
  return lines;
}

}  // namespace cleave
