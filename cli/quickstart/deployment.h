// The folder of the quickstart's deployment, laid out as one would set it up by hand:
//
//   server.toml          the job, with its [server] table
//   client-N.toml        what client N is told
//   pki/                 an authority and everybody's certificates
//   model/, slice/       the backbone, and the part of it that a client needs
//   data/client-N.tsv    what client N trains on; client-N-dev.tsv: what it evaluates
//   logs/                what each process logged
//
// It starts nothing.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "common/config/job.h"

namespace cleave {

constexpr std::size_t kQuickstartClients = 4;

std::string quickstart_client(std::size_t number);

struct Deployment {
  std::filesystem::path folder;
  std::vector<std::string> settings;  // over server.toml

  std::filesystem::path path(const std::string& name) const { return folder / name; }
  std::filesystem::path data(std::size_t client) const;
  std::filesystem::path dev_data(std::size_t client) const;
  LoadedJob job() const { return load_job(folder / "server.toml", settings); }
};

// The backbone's folder: beside an installed program, else in the source tree that it was built
// from. Errors: IoError.
std::filesystem::path quickstart_backbone(const std::filesystem::path& program_folder);

// Writes all but the client files. Errors: DataError for a wrong setting, before anything is
// written; IoError.
Deployment make_deployment(const std::filesystem::path& folder,
                           const std::vector<std::string>& settings,
                           const std::filesystem::path& backbone);

// Once the server's address is known.
void write_client_files(const Deployment& deployment, const std::string& server);

}  // namespace cleave
