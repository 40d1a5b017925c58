// cleave quickstart: a federated job from nothing on this machine, with the real server and four
// real clients over mutual TLS, and beside it what the same job gives without federation.
#include <fmt/format.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/quickstart/deployment.h"
#include "cli/quickstart/federate.h"
#include "cli/report.h"
#include "common/base/error.h"
#include "common/model/threads.h"
#include "server/coordinator/metrics.h"
#include "simulation/centralised.h"
#include "simulation/linear_probe.h"
#include "simulation/plan.h"

namespace cleave {
namespace {

struct QuickstartOptions {
  std::string out;
  std::vector<std::string> settings;
};

// The folder that cleave and, beside it, the two other programs lie in.
fs::path program_folder() {
  std::error_code error;
  const fs::path self = fs::read_symlink("/proc/self/exe", error);
  if (error) throw IoError("cannot find this program's folder: " + error.message());
  const fs::path folder = self.parent_path();
  for (const char* name : {"cleave-server", "cleave-client"}) {
    if (fs::exists(folder / name)) continue;
    throw IoError(std::string(name) + " is missing beside cleave, in " + folder.string() +
                  "; build or install all three programs");
  }
  return folder;
}

void check_new(const fs::path& out) {
  if (!fs::exists(out) || (fs::is_directory(out) && fs::is_empty(out))) return;
  throw UsageError(out.string() + " is not empty; choose another --out");
}

// The deployment's job in one process: all clients' data pooled, and who holds what of it.
struct Pooled {
  JobInputs inputs;
  Partition train, dev;
};
Pooled pooled_inputs(const Deployment& deployment) {
  JobInputs inputs = load_inputs(deployment.job().job, /*with_data=*/false);
  Partition train, dev;
  const auto add = [&](Dataset& all, Partition& shares, const fs::path& path) {
    auto& own = shares.clients.emplace_back();
    for (Example& example : load_dataset(path, inputs.form, inputs.labels, {}).examples) {
      own.push_back(static_cast<std::uint32_t>(all.size()));
      all.examples.push_back(std::move(example));
    }
  };
  for (std::size_t k = 0; k < kQuickstartClients; ++k) {
    add(inputs.train, train, deployment.data(k));
    add(inputs.dev, dev, deployment.dev_data(k));
  }
  return {std::move(inputs), std::move(train), std::move(dev)};
}

// The accuracy before training, of the controls and of the probe; they join the run's summary.
Json compare(JobInputs& inputs, const RunFolder& run) {
  inputs.job.federation.clients = kQuickstartClients;
  inputs.job.run.control = "both";
  Json comparison = run_controls(inputs, thread_count(0));
  comparison["untrained_dev_accuracy"] =
      accuracy({evaluate_whole(inputs, inputs.parts.whole_initial(), inputs.dev).confusion});
  comparison["linear_probe_dev_accuracy"] = linear_probe_accuracy(inputs);
  Json summary = run.read_json("summary.json").value();
  summary.update(comparison);
  run.write_json("summary.json", summary);
  return comparison;
}

void print_comparison(const Json& comparison) {
  for (const auto& [key, label] :
       {std::pair("untrained_dev_accuracy", "before training"),
        std::pair("control_resets_dev_accuracy", "control, optimiser reset each pass"),
        std::pair("control_continuous_dev_accuracy", "control, continuous with decay"),
        std::pair("linear_probe_dev_accuracy", "linear probe on frozen features")}) {
    fmt::print("{:<34} {:.4f}\n", label, comparison.at(key).get<double>());
  }
}

int quickstart_command(const QuickstartOptions& options) {
  const fs::path programs = program_folder();
  const fs::path out = options.out.empty() ? default_run_path("quickstart") : fs::path(options.out);
  check_new(out);
  const Deployment deployment =
      make_deployment(out / kDeploymentFolder, options.settings, quickstart_backbone(programs));
  fmt::print("One server and {} clients, set up in {}\n", kQuickstartClients,
             deployment.folder.string());
  Pooled pooled = pooled_inputs(deployment);
  print_planned_bill(planned_bill(pooled.inputs, pooled.train, pooled.dev));
  const auto print = [](const std::string& line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
  };
  Federated federated;
  try {
    federated = federate(programs, deployment, out, print);
  } catch (const Interrupted&) {
    print(out.string());
    throw;
  }
  const auto& peaks = federated.client_peak_rss_mb;
  print(fmt::format("peak RSS of a client at most {} MB",
                    *std::max_element(peaks.begin(), peaks.end())));
  print_comparison(compare(pooled.inputs, RunFolder::open(out)));
  fmt::print("Now try\n  cleave eval {0} --data {1}\n  cleave predict {0} --text \"{2}\"\n{0}\n",
             out.string(), deployment.dev_data(0).string(),
             "a tiny old red wooden box stands near the huge new red wooden lamp");
  return 0;
}

}  // namespace

void add_quickstart(CLI::App& app, Run& run) {
  auto options = std::make_shared<QuickstartOptions>();
  CLI::App* command = app.add_subcommand(
      "quickstart", "Run a server and four clients on this machine, on generated data");
  command->add_option("--out", options->out, "The run directory; default runs/quickstart-<utc>");
  command->add_option("--set", options->settings, "key=value, over the job file; may be repeated")
      ->allow_extra_args(false);
  command->footer("Example:\n  cleave quickstart --out runs/first");
  command->callback([options, &run] { run = [options] { return quickstart_command(*options); }; });
}

}  // namespace cleave
