// The `cleave-server` program: the body, the coordinator, or both.
#include <fmt/format.h>

#include <map>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/model/threads.h"
#include "common/program/program.h"
#include "common/tuning/unread_keys.h"
#include "server/coordinator/run_folder.h"
#include "server/deployment.h"
#include "server/round_table.h"

namespace {

using namespace cleave;
namespace fs = std::filesystem;

const std::map<std::string, ServerRole> kRoles = {{"both", ServerRole::kBoth},
                                                  {"coordinator", ServerRole::kCoordinator},
                                                  {"body", ServerRole::kBody}};

struct Options {
  std::string job, out, serve;
  std::vector<std::string> settings;
  DeploymentOptions deployment;
};

// A run computes as it was trained, whatever this file says; who may ask, where and for how long is
// this file's.
Job served_job(Job job, const std::string& run) {
  const Job trained = load_job(RunFolder::open(run).path() / "job.toml", {}).job;
  const std::string path = job.model.path;
  job.model = trained.model;
  job.model.path = path;
  job.cut = trained.cut;
  job.tuning = trained.tuning;
  job.tuning.init = Job().tuning.init;  // the state replaces it
  job.data.labels = trained.data.labels;
  job.data.max_length = trained.data.max_length;
  job.federation.aggregation = trained.federation.aggregation;
  job.wire = trained.wire;
  job.seed = trained.seed;
  job.seeds = trained.seeds;
  return job;
}

int serve(Options& options) {
  LoadedJob loaded = load_job(options.job, options.settings);
  if (!options.serve.empty()) loaded.job = served_job(std::move(loaded.job), options.serve);
  const std::string warning = compute_warning(loaded.job.model.precision == "bf16");
  if (!warning.empty()) log_warn(warning);
  fmt::print("{}", loaded.notes);
  warn_of_unread_keys(loaded);
  DeploymentOptions& deployment = options.deployment;
  if (deployment.resume && options.out.empty()) {
    throw UsageError("--resume needs --out, the run to continue");
  }
  const bool writes = options.serve.empty() && deployment.role != ServerRole::kBody;
  deployment.out =
      options.out.empty() && writes ? default_run_path(loaded.job.name) : fs::path(options.out);
  deployment.serve = options.serve;
  deployment.on_listening = [](const std::string& address) {
    fmt::print("listening on {}\n", address);
    std::fflush(stdout);
  };
  RoundTable table;
  deployment.on_round = [&](const Json& line) {
    fmt::print("{}", table.row(line));
    std::fflush(stdout);
  };
  const DeploymentResult result = run_deployment(loaded, deployment);
  fmt::print("{}{}{}\n", summary_text(result.summary), measured_text(result.measured),
             deployment.out.string());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs the frozen upper layers and averages what clients learn.", "cleave-server");
  Options options;
  app.add_option("job", options.job, "The job file (docs/job.md), with its [server] table")
      ->required();
  app.add_option("--set", options.settings, "key=value, over the job file; may be repeated")
      ->allow_extra_args(false);
  app.add_option("--out", options.out, "The run directory; default runs/<name>-<utc>");
  app.add_flag("--resume", options.deployment.resume, "Continue the run in --out");
  std::string role = "both";
  app.add_option("--role", role, "Which part this process is; default both")
      ->check(CLI::IsMember({"both", "coordinator", "body"}));
  app.add_option("--serve", options.serve,
                 "A finished run directory: answer cleave-client --predict instead of training");
  app.footer("Example:\n  cleave-server job.toml --out runs/hospitals");
  return run_program(app, argc, argv, [&] {
    options.deployment.role = kRoles.at(role);
    return serve(options);
  });
}
