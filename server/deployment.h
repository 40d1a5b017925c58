// A deployed server: coordinator, body or both in one process, over mutual TLS.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "common/config/job.h"
#include "server/coordinator/run_folder.h"

namespace cleave {

enum class ServerRole { kBoth, kCoordinator, kBody };

struct DeploymentOptions {
  ServerRole role = ServerRole::kBoth;
  std::filesystem::path out;  // the run directory
  bool resume = false;
  std::filesystem::path serve;  // a finished run to predict with, instead of training
  std::function<void(const std::string& address)> on_listening = [](const std::string&) {};
  std::function<void(const Json& line)> on_round = [](const Json&) {};
};

struct DeploymentResult {
  Json summary, measured;
};

// Runs a job to its end; a body or prediction server, to a signal. Errors: DataError where the job
// is not for deployment; Interrupted after a signal.
DeploymentResult run_deployment(const LoadedJob& loaded, const DeploymentOptions& options);

}  // namespace cleave
