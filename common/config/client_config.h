// What one device's client needs to know by itself; all else comes from the server's job.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/config/keys.h"

namespace cleave {

struct ClientConfig {
  std::string server, cert, key, ca, model, data, dev;
  std::int64_t threads = 1;
};

std::vector<Key> bind(ClientConfig& config);

// Errors: IoError, DataError (unknown key, or one that is missing).
ClientConfig load_client_config(const std::filesystem::path& file);

}  // namespace cleave
