#include "common/config/client_config.h"

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/config/toml_reader.h"

namespace cleave {

std::vector<Key> bind(ClientConfig& config) {
  return {
      {"server", &config.server, any(), "host:port of the server."},
      {"cert", &config.cert, path(), "This client's certificate; its name is the client's id."},
      {"key", &config.key, path(), "Its key, mode 0600."},
      {"ca", &config.ca, path(), "The CA that signed the server's certificate."},
      {"model", &config.model, path(), "The model slice (`cleave slice`) or a whole model."},
      {"data", &config.data, path(), "This device's training data."},
      {"dev", &config.dev, path(), "This device's evaluation data; may be left out."},
      {"threads", &config.threads, at_least(1), "Compute threads."},
  };
}

ClientConfig load_client_config(const fs::path& file) {
  ClientConfig config;
  const std::string text = read_file(file, 1 << 20);
  const auto keys = bind(config);
  apply_toml(text, file.string(), fs::absolute(file).parent_path(), keys);
  for (const Key& key : keys) {
    const auto* value = std::get_if<std::string*>(&key.field);
    if (value && (*value)->empty() && key.name != "dev" && key.name != "data") {
      throw DataError(file.string() + ": the key \"" + std::string(key.name) +
                      "\" is missing: " + std::string(key.doc));
    }
  }
  return config;
}

}  // namespace cleave
