#include "simulation/centralised.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <future>

#include "client/evaluate.h"
#include "client/train_round.h"
#include "common/base/log.h"
#include "common/codec/rows_codec.h"
#include "common/model/threads.h"
#include "server/coordinator/metrics.h"

namespace cleave {
namespace {

// What the wire would make of rows: a rounding to its precision and back.
at::Tensor over_the_wire(const at::Tensor& x, const RowsForm& form) {
  return decode_rows(encode_rows(x, form.dtype), form.dtype, x.size(0), x.size(1));
}

std::vector<double> control_accuracies(const JobInputs& inputs, const Body& body, bool resets) {
  const auto& f = inputs.job.federation;
  const double passes = static_cast<double>(f.rounds * inputs.job.phases.split_epochs) *
                        static_cast<double>(f.per_round) / static_cast<double>(f.clients);
  CentralisedOptions options;
  options.passes = std::max<std::int64_t>(1, std::lround(passes));
  options.reset_each_pass = resets;
  std::vector<double> accuracies;
  train_centralised(inputs, body, inputs.train, options, "control", [&](const State& state) {
    accuracies.push_back(accuracy({evaluate_whole(inputs, body, state, inputs.dev).confusion}));
  });
  log_info(fmt::format("control, optimiser {}: {} passes, dev accuracy {:.4f}",
                       resets ? "reset each pass" : "continuous with decay", options.passes,
                       accuracies.back()));
  return accuracies;
}

}  // namespace

StepOutcome whole_step(LocalModel& local, const Body& body, const Batch& batch) {
  const Rows smashed = local.begin(batch);
  BodyStep step = body_forward(body, smashed);
  const auto [outcome, grad] =
      local.middle(step.features.to(at::kFloat), *smashed.layout, labels_of(batch));
  local.finish(body_backward(std::move(step), grad));
  return outcome;
}

at::Tensor whole_logits(const LocalModel& local, const Body& body, const Batch& batch,
                        const RowsForm& form) {
  Rows rows = local.smashed(batch);
  rows.x = over_the_wire(rows.x, form);
  return local.logits(over_the_wire(body_inference(body, rows), form), *rows.layout);
}

State train_centralised(const JobInputs& inputs, const Body& body, const Dataset& data,
                        const CentralisedOptions& options, const std::string& order_client,
                        const std::function<void(const State&)>& after_pass) {
  const Job& job = inputs.job;
  LocalModel local(inputs.parts, job, inputs.parts.initial);
  const auto steps = static_cast<double>(
      options.passes *
      ((static_cast<std::int64_t>(data.size()) + job.optimizer.batch - 1) / job.optimizer.batch));
  double done = 0;
  for (std::int64_t pass = 1; pass <= options.passes; ++pass) {
    if (options.reset_each_pass) local.reset_optimizer();
    const auto order = pass_order(job, all_positions(data), "split",
                                  static_cast<std::uint32_t>(pass), 0, order_client);
    for (const Batch& batch : make_batches(data, order, job.optimizer.batch)) {
      if (!options.reset_each_pass) local.scale_rates(1 - done++ / steps);
      whole_step(local, body, batch);
    }
    after_pass(local.state());
  }
  return local.state();
}

EvalReport evaluate_whole(const JobInputs& inputs, const Body& body, const State& state,
                          const Dataset& data) {
  const LocalModel local(inputs.parts, inputs.job, state);
  EvalReport report;
  for (const Batch& batch : in_order_batches(data, inputs.job.eval.batch)) {
    count_batch(report, whole_logits(local, body, batch, inputs.parts.form), batch);
    report.work.samples += batch.size();
  }
  return report;
}

Json run_controls(const JobInputs& inputs, int threads) {
  Json out = Json::object();
  const std::string& wanted = inputs.job.run.control;
  if (wanted == "none" || inputs.dev.size() == 0) return out;
  const Body body =
      make_body(inputs.model, inputs.parts.cut, parse_precision(inputs.job.model.precision));
  const auto policy = threads > 1 ? std::launch::async : std::launch::deferred;
  std::map<std::string, std::future<std::vector<double>>> runs;
  for (const char* name : {"resets", "continuous"}) {
    if (wanted != "both" && wanted != name) continue;
    const bool resets = std::string(name) == "resets";
    runs[name] = std::async(policy, [&inputs, &body, resets] {
      use_one_blas_thread();
      return control_accuracies(inputs, body, resets);
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
