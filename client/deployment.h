// A deployed client: dials the server over mutual TLS, gets the job, loads this device's data and
// takes part until the job is done; or classifies a file through the body server.
#pragma once

#include <filesystem>

#include "common/config/client_config.h"

namespace cleave {

// Errors: as the servers state them, DataError for own files. A signal ends it as Interrupted.
void run_client(const ClientConfig& config);

// Prints a JSON line per input on stdout, the same as `cleave predict`.
void predict_through_server(const ClientConfig& config, const std::filesystem::path& inputs);

}  // namespace cleave
