// One server and four clients as processes of this machine, from the server's start to the last
// one's end. What they compute is theirs alone.
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "cli/quickstart/deployment.h"

namespace cleave {

struct Federated {
  std::vector<int> client_peak_rss_mb;
};

// Runs cleave-server and cleave-client of `programs` on the deployment; the server's run directory
// is `out`. `on_line` gets each line that the server prints but the last, the run directory.
// A signal ends all of them within 5 s. Errors: Interrupted; Error with a process's own exit code
// where it fails, naming its log.
Federated federate(const std::filesystem::path& programs, const Deployment& deployment,
                   const std::filesystem::path& out,
                   const std::function<void(const std::string&)>& on_line);

}  // namespace cleave
