#include "client/selection.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "client/pruning.h"

namespace cleave {
namespace {

std::vector<double> el2n_of(const at::Tensor& logits, const Batch& batch) {
  const at::Tensor values = logits.contiguous();  // (B, C)
  const auto classes = static_cast<std::size_t>(values.size(1));
  const float* row = values.data_ptr<float>();
  std::vector<double> scores;
  for (const Example* example : batch) {
    scores.push_back(el2n({row, classes}, example->label));
    row += classes;
  }
  return scores;
}

asio::awaitable<std::vector<double>> bypass_scores(const ClientContext& context,
                                                   const LocalModel& local) {
  const Dataset& data = *context.train;
  std::vector<double> scores;
  for (const Batch& batch : in_order_batches(data, context.job.eval.batch)) {
    const std::vector<double> own = co_await context.lane.run([&] {
      return el2n_of(local.bypass_logits(batch, context.job.phases.score_prompt), batch);
    });
    scores.insert(scores.end(), own.begin(), own.end());
    context.worked(batch.size());
  }
  co_return scores;
}

}  // namespace

std::vector<double> random_scores(const Job& job, std::size_t samples, std::uint32_t round,
                                  const std::string& client) {
  return random_scores(samples, Stream(seed_of(job, Seed::kBatches), "selection", round, client));
}

std::vector<std::uint32_t> keep_by_score(const Job& job, std::span<const double> scores,
                                         std::span<const std::int32_t> labels) {
  if (job.phases.selection == "class") {
    return keep_hardest_by_label(scores, labels, job.phases.keep);
  }
  std::vector<std::uint32_t> kept = keep_hardest(scores, job.phases.keep);
  std::sort(kept.begin(), kept.end());
  return kept;
}

asio::awaitable<std::vector<std::uint32_t>> select_kept(const ClientContext& context,
                                                        const LocalModel& local,
                                                        std::uint32_t round) {
  const Job& job = context.job;
  const Dataset& data = *context.train;
  if (!prunes(job, round)) co_return all_positions(data);
  std::vector<double> scores;
  if (job.phases.score == "random") {
    scores = random_scores(job, data.size(), round, context.id);
  } else {
    scores = co_await bypass_scores(context, local);
    if (job.phases.score == "el2n_low") {
      for (double& score : scores) score = -score;
    }
  }
  co_return keep_by_score(job, scores, labels_of(data));
}

}  // namespace cleave
