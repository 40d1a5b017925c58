// The `cleave-server` program: the body, the coordinator, or both.
#include <fmt/format.h>

#include <map>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/model/threads.h"
#include "common/program/program.h"
#include "common/tuning/unread_keys.h"
#include "server/deployment.h"
#include "server/round_table.h"

namespace {

using namespace cleave;

const std::map<std::string, ServerRole> kRoles = {{"both", ServerRole::kBoth},
                                                  {"coordinator", ServerRole::kCoordinator},
                                                  {"body", ServerRole::kBody}};

struct Options {
  std::string job, out, serve;
  std::vector<std::string> settings;
  DeploymentOptions deployment;
};

int serve(Options& options) {
  const LoadedJob loaded = load_job(options.job, options.settings);
  const std::string warning = compute_warning(loaded.job.model.precision == "bf16");
  if (!warning.empty()) log_warn(warning);
  fmt::print("{}", loaded.notes);
  warn_of_unread_keys(loaded);
  DeploymentOptions& deployment = options.deployment;
  if (deployment.resume && options.out.empty()) {
    throw UsageError("--resume needs --out, the run to continue");
  }
  deployment.out =
      options.out.empty() ? default_run_path(loaded.job.name) : std::filesystem::path(options.out);
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
