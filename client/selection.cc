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
  }
  co_return scores;
}

}  // namespace

bool prunes(const Job& job, std::uint32_t round) {
  return job.phases.keep < 1 && round >= job.phases.prune_from_round;
}

asio::awaitable<std::vector<std::uint32_t>> select_kept(const ClientContext& context,
                                                        const LocalModel& local,
                                                        std::uint32_t round) {
  const Job& job = context.job;
  const Dataset& data = *context.train;
  if (!prunes(job, round)) co_return all_positions(data);
  std::vector<double> scores;
  if (job.phases.score == "random") {
    scores = random_scores(data.size(),
                           Stream(seed_of(job, Seed::kBatches), "selection", round, context.id));
  } else {
    scores = co_await bypass_scores(context, local);
    if (job.phases.score == "el2n_low") {
      for (double& score : scores) score = -score;
    }
  }
  std::vector<std::uint32_t> kept;
  if (job.phases.selection == "class") {
    kept = keep_hardest_by_label(scores, labels_of(data), job.phases.keep);
  } else {
    kept = keep_hardest(scores, job.phases.keep);
    std::sort(kept.begin(), kept.end());
  }
  co_return kept;
}

}  // namespace cleave
