// cleave simulate: a whole federated job on this machine, with the product's own client and server.
#include <fmt/format.h>

#include <optional>

#include "cli/command.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "common/base/error.h"
#include "common/base/log.h"
#include "common/model/threads.h"
#include "common/tuning/unread_keys.h"
#include "server/coordinator/kernels.h"
#include "server/coordinator/measured.h"
#include "server/coordinator/run_job.h"
#include "simulation/centralised.h"
#include "simulation/plan.h"
#include "simulation/simulation.h"

namespace cleave {
namespace {

struct SimulateOptions {
  std::string job, out;
  std::vector<std::string> settings;
  bool resume = false;
};

Json partition_json(const Partition& partition) {
  return {{"redraws", partition.redraws},
          {"repaired", partition.repaired},
          {"clients", partition.clients}};
}

// The folder's own, where it has one: a resumed run goes on with the data that it began with.
void keep_partition(const RunFolder& folder, const Partition& partition) {
  const Json now = partition_json(partition);
  const std::optional<Json> before = folder.read_json("partition.json");
  if (!before) return folder.write_json("partition.json", now);
  if (*before == now) return;
  throw DataError("cannot resume " + folder.path().string() +
                  ": its partition.json is not what the job makes of its data now; the data or the "
                  "partition file was changed since: put them back, or choose another --out");
}

// Says again what a finished run said; whether `folder` is one.
bool told_again(const RunFolder& folder, const Job& job) {
  const std::optional<Json> summary = finished_summary(folder, job);
  if (!summary) return false;
  const std::optional<Json> measured = folder.read_json("measured.json");
  if (!measured) return false;
  print_summary(*summary, *measured);
  fmt::print("{}\n", folder.path().string());
  return true;
}

int simulate_command(const SimulateOptions& options) {
  const Stopwatch watch;
  const LoadedJob loaded = load_job(options.job, options.settings);
  const Job& job = loaded.job;
  fmt::print("{}", loaded.notes);
  warn_of_unread_keys(loaded);
  const std::string warning = compute_warning(job.model.precision == "bf16");
  if (!warning.empty()) log_warn(warning);

  std::optional<RunFolder> resumed;
  if (options.resume) {
    resumed = RunFolder::resume(options.out, job);
    if (told_again(*resumed, job)) return 0;
  }
  JobInputs inputs = load_inputs(job);
  const Partition partition = make_partition(job, inputs.train);
  fmt::print("{}", partition_table(partition, labels_of(inputs.train), inputs.labels.names()));
  print_planned_bill(planned_bill(inputs, partition));
  std::fflush(stdout);

  const fs::path path = options.out.empty() ? default_run_path(job.name) : fs::path(options.out);
  RunFolder folder = resumed ? std::move(*resumed) : RunFolder::create(path, job);
  keep_partition(folder, partition);
  const Kernels kernels = note_kernels(folder, blas_description());
  if (!kernels.warning.empty()) log_warn(kernels.warning);

  Progress progress(folder.last_round(), job.federation.rounds);
  SimulationOptions simulation;
  simulation.threads = thread_count(job.run.threads);
  simulation.on_round = [&](const Json& line) { progress.round(line); };
  simulation.on_progress = [&](std::uint32_t round, double share) {
    progress.within(round, share);
  };
  ComputeSeconds spent;
  simulation.spent = &spent;
  simulation.controls = [&] { return run_controls(inputs, simulation.threads); };
  const auto leave = [&] {
    Json measured = measure(watch, simulation.threads);
    measured["kernels"] = kernels.used;
    measured["client_seconds"] = spent.clients;
    measured["server_seconds"] = spent.server;
    folder.write_json("measured.json", measured);
    return measured;
  };
  Json summary;
  try {
    summary = simulate(inputs, partition, folder, simulation);
  } catch (const Interrupted&) {
    warn_of_failure(leave);
    log_warn("to continue, run the same command with --resume --out " + path.string());
    fmt::print("{}\n", path.string());
    throw;
  }
  print_summary(summary, leave());
  fmt::print("{}\n", path.string());
  return 0;
}

}  // namespace

void add_simulate(CLI::App& app, Run& run) {
  auto options = std::make_shared<SimulateOptions>();
  CLI::App* command = app.add_subcommand("simulate", "Run a job with simulated clients");
  command->add_option("job", options->job, "The job file (docs/job.md)")->required();
  command->add_option("--set", options->settings, "key=value, over the job file; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--out", options->out, "The run directory; default runs/<name>-<utc>");
  command->add_flag("--resume", options->resume, "Continue the run in --out");
  command->footer("Example:\n  cleave simulate job.toml --set federation.rounds=5 --out runs/try");
  command->callback([options, &run] {
    if (options->resume && options->out.empty()) {
      throw CLI::ValidationError("--resume", "needs --out, the run to continue");
    }
    run = [options] { return simulate_command(*options); };
  });
}

}  // namespace cleave
