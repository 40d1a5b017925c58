#include "simulation/round_progress.h"

#include <algorithm>
#include <utility>

#include "common/exchange/kept.h"
#include "server/coordinator/participants.h"

namespace cleave {

double passes_of_round(const Job& job, std::uint32_t round, std::uint64_t samples) {
  const bool chosen = prunes(job, round);
  const bool scored = chosen && job.phases.score != "random";
  const auto all = static_cast<double>(samples);
  const auto kept = static_cast<double>(chosen ? keep_count(job.phases.keep, samples) : samples);
  const double scorings = !scored ? 0.0 : job.phases.rescore ? 2.0 : 1.0;
  return scorings * all +
         static_cast<double>(job.phases.bypass_epochs) *
             (job.phases.bypass_data == "all" ? all : kept) +
         static_cast<double>(job.phases.split_epochs) * kept;
}

RoundProgress::RoundProgress(const Job& job, std::vector<std::string> ids,
                             std::vector<std::uint64_t> samples, std::uint64_t dev, Tell tell)
    : job_(job),
      ids_(std::move(ids)),
      samples_(std::move(samples)),
      dev_(dev),
      tell_(std::move(tell)) {}

void RoundProgress::begin(std::uint32_t round) {
  round_ = round;
  done_ = 0;
  expected_ = evaluates(job_, round) ? static_cast<double>(dev_) : 0.0;
  for (const std::string& id : pick_clients(ids_, job_, round)) {
    const auto at = std::lower_bound(ids_.begin(), ids_.end(), id) - ids_.begin();
    expected_ += passes_of_round(job_, round, samples_[static_cast<std::size_t>(at)]);
  }
}

void RoundProgress::worked(std::uint64_t samples) {
  done_ += static_cast<double>(samples);
  tell_(round_, expected_ > 0 ? std::min(1.0, done_ / expected_) : 1.0);
}

}  // namespace cleave
