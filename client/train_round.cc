#include "client/train_round.h"

#include <memory>

#include "client/local_model.h"
#include "client/selection.h"
#include "client/split_step.h"
#include "common/base/random.h"
#include "common/wire/tally.h"

namespace cleave {
namespace {

using Positions = std::vector<std::uint32_t>;

Work work_of(const ClientContext& context, const Positions& positions, std::int64_t prompt_rows) {
  Work work;
  for (const std::uint32_t i : positions) {
    const auto n = static_cast<std::uint64_t>(
        context.parts.head.embedder->length(context.train->examples[i]) + prompt_rows);
    work.samples += 1;
    work.rows += n;
    work.squares += n * n;
  }
  return work;
}

// Phase 1's second half: epochs head to tail, without traffic. Returns the last epoch's mean loss.
asio::awaitable<double> bypass_epochs(const ClientContext& context, LocalModel& local,
                                      const Positions& positions, std::uint32_t round) {
  const Job& job = context.job;
  double mean = 0;
  for (std::int64_t epoch = 0; epoch < job.phases.bypass_epochs; ++epoch) {
    const Positions order = pass_order(job, positions, "bypass", round, epoch, context.id);
    double sum = 0;
    for (const Batch& batch : make_batches(*context.train, order, job.optimizer.batch)) {
      const StepOutcome outcome =
          co_await context.lane.run([&] { return local.bypass_step(batch); });
      sum += outcome.loss * static_cast<double>(batch.size());
      context.worked(batch.size());
    }
    mean = order.empty() ? 0 : sum / static_cast<double>(order.size());
  }
  co_return mean;
}

void account(Report& report, const Batch& batch, const StepOutcome& outcome, const RowsForm& form,
             const Embedder& embedder) {
  if (report.batches.empty()) report.loss_first = outcome.loss;
  report.loss_mean += outcome.loss * static_cast<double>(batch.size());
  std::uint32_t rows = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    rows += static_cast<std::uint32_t>(embedder.length(*batch[i]) + form.plan.rows);
    if (outcome.predicted.empty()) continue;  // a language model has no classes
    report.correct += outcome.predicted[i] == batch[i]->label;
    ++report.predicted_counts[static_cast<std::size_t>(outcome.predicted[i])];
  }
  report.batches.push_back({static_cast<std::uint32_t>(batch.size()), rows});
}

// Phase 2: passes over what was kept, through the split.
asio::awaitable<void> split_epochs(const ClientContext& context, LocalModel& local, Link& body,
                                   const Positions& kept, std::uint32_t round, Report& report) {
  const Job& job = context.job;
  StepId id{round, 0};
  std::uint64_t seen = 0;
  for (std::int64_t epoch = 0; epoch < job.phases.split_epochs; ++epoch) {
    const Positions order = pass_order(job, kept, "split", round, epoch, context.id);
    for (const Batch& batch : make_batches(*context.train, order, job.optimizer.batch)) {
      local.set_step(global_step(job, round, kept.size(), id.step));
      const StepOutcome outcome =
          co_await split_step(local, body, context.lane, batch, context.parts.form, id);
      account(report, batch, outcome, context.parts.form, *context.parts.head.embedder);
      seen += batch.size();
      context.worked(batch.size());
      ++id.step;
    }
  }
  if (seen > 0) report.loss_mean /= static_cast<double>(seen);
}

}  // namespace

Positions pass_order(const Job& job, Positions kept, std::string_view pass, std::uint32_t round,
                     std::int64_t epoch, const std::string& client) {
  Stream stream(seed_of(job, Seed::kBatches), std::string(pass) + "/" + std::to_string(epoch),
                round, client);
  stream.shuffle(kept);
  return kept;
}

asio::awaitable<RoundWork> train_round(const ClientContext& context, Link& body,
                                       std::uint32_t round, State global) {
  const Job& job = context.job;
  const auto labels = static_cast<std::size_t>(context.parts.labels);
  // Building it may take an SVD of every layer. A small device has no room for the state beside the
  // copy that is trained.
  const std::unique_ptr<LocalModel> built = co_await context.lane.run([&] {
    auto model = std::make_unique<LocalModel>(context.parts, job, global);
    global = {};
    return model;
  });
  LocalModel& local = *built;
  Report report;
  report.kept_counts.assign(labels, 0);
  report.predicted_counts.assign(labels, 0);

  Positions kept = co_await select_kept(context, local, round);
  const Positions all = all_positions(*context.train);
  local.set_step(global_step(job, round, kept.size(), 0));
  report.bypass_loss =
      co_await bypass_epochs(context, local, job.phases.bypass_data == "all" ? all : kept, round);
  if (job.phases.rescore) kept = co_await select_kept(context, local, round);
  if (job.optimizer.reset == "phase") local.reset_optimizer();
  co_await split_epochs(context, local, body, kept, round, report);

  report.all = work_of(context, all, 0);
  report.kept = work_of(context, kept, context.parts.form.plan.rows);
  for (const std::uint32_t i : kept) {
    ++report.kept_counts[static_cast<std::size_t>(context.train->examples[i].label)];
  }
  if (prunes(job, round)) report.kept_ids = kept;
  report.body = co_await agree_on_bytes(body, round);
  State update =
      co_await context.lane.run([&] { return update_part(local.state(), context.parts); });
  RoundWork work{std::move(update), std::move(report)};
  co_return work;
}

}  // namespace cleave
