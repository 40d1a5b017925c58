#include "common/exchange/kept.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace cleave {

std::size_t keep_count(double keep, std::size_t n) {
  const double exact = keep * static_cast<double>(n);
  return std::min(n, static_cast<std::size_t>(std::max(0.0, std::ceil(exact - 1e-9))));
}

bool prunes(const Job& job, std::uint32_t round) {
  return job.phases.keep < 1 && round >= job.phases.prune_from_round;
}

bool evaluates(const Job& job, std::uint32_t round) {
  const std::int64_t every = job.eval.every;
  return every > 0 && (round % every == 0 || round == job.federation.rounds);
}

std::uint64_t kept_samples(const Job& job, std::uint32_t round,
                           const std::vector<std::uint64_t>& label_counts) {
  const auto all = std::accumulate(label_counts.begin(), label_counts.end(), std::uint64_t{0});
  if (!prunes(job, round)) return all;
  if (job.phases.selection != "class") return keep_count(job.phases.keep, all);
  std::uint64_t kept = 0;
  for (const std::uint64_t n : label_counts) kept += keep_count(job.phases.keep, n);
  return kept;
}

}  // namespace cleave
