#include "simulation/centralised.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <future>

#include "client/evaluate.h"
#include "client/train_round.h"
#include "common/base/log.h"
#include "common/model/threads.h"
#include "server/coordinator/metrics.h"

namespace cleave {
namespace {

std::vector<double> control_accuracies(const JobInputs& inputs, bool resets) {
  const auto& f = inputs.job.federation;
  const double passes = static_cast<double>(f.rounds * inputs.job.phases.split_epochs) *
                        static_cast<double>(f.per_round) / static_cast<double>(f.clients);
  CentralisedOptions options;
  options.passes = std::max<std::int64_t>(1, std::lround(passes));
  options.reset_each_pass = resets;
  std::vector<double> accuracies;
  train_centralised(inputs, inputs.train, options, "control", [&](const State& state) {
    accuracies.push_back(accuracy({evaluate_whole(inputs, state, inputs.dev).confusion}));
  });
  log_info(fmt::format("control, optimiser {}: {} passes, dev accuracy {:.4f}",
                       resets ? "reset each pass" : "continuous with decay", options.passes,
                       accuracies.back()));
  return accuracies;
}

}  // namespace

State train_centralised(const JobInputs& inputs, const Dataset& data,
                        const CentralisedOptions& options, const std::string& order_client,
                        const std::function<void(const State&)>& after_pass) {
  const Job& job = inputs.job;
  WholeModel model(inputs.parts, job, inputs.parts.whole_initial());
  const auto steps = static_cast<double>(
      options.passes *
      ((static_cast<std::int64_t>(data.size()) + job.optimizer.batch - 1) / job.optimizer.batch));
  const bool decays = !options.reset_each_pass && job.optimizer.schedule == "constant";
  double done = 0;
  for (std::int64_t pass = 1; pass <= options.passes; ++pass) {
    model.set_anchor();
    if (options.reset_each_pass) model.reset_optimizers();
    const auto order = pass_order(job, all_positions(data), "split",
                                  static_cast<std::uint32_t>(pass), 0, order_client);
    for (const Batch& batch : make_batches(data, order, job.optimizer.batch)) {
      if (decays) model.scale_rates(1 - done / steps);
      model.set_step({done++, steps});
      model.step(batch);
    }
    after_pass(model.state());
  }
  return model.state();
}

EvalReport evaluate_whole(const JobInputs& inputs, const State& state, const Dataset& data) {
  const WholeModel model(inputs.parts, inputs.job, state);
  EvalReport report;
  for (const Batch& batch : in_order_batches(data, inputs.job.eval.batch)) {
    count_batch(report, inputs.parts, model.logits(batch), batch);
  }
  return report;
}

Json run_controls(const JobInputs& inputs, int threads) {
  Json out = Json::object();
  const std::string& wanted = inputs.job.run.control;
  if (wanted == "none" || inputs.dev.size() == 0) return out;
  const auto policy = threads > 1 ? std::launch::async : std::launch::deferred;
  std::map<std::string, std::future<std::vector<double>>> runs;
  for (const char* name : {"resets", "continuous"}) {
    if (wanted != "both" && wanted != name) continue;
    const bool resets = std::string(name) == "resets";
    runs[name] = std::async(policy, [&inputs, resets] {
      use_one_blas_thread();
      return control_accuracies(inputs, resets);
    });
  }
  double best = 0;
  for (auto& [name, run] : runs) {
    const std::vector<double> accuracies = run.get();
    out["control_" + name + "_dev_accuracy"] = accuracies.back();
    out["control_" + name + "_per_pass"] = accuracies;
    best = std::max(best, accuracies.back());
  }
  out["control_dev_accuracy"] = best;
  return out;
}

}  // namespace cleave
