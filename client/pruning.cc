#include "client/pruning.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "common/base/error.h"

namespace cleave {
namespace {

// Equal inputs may differ in the last bits when their batches differ: ranks must not.
double rounded(double score) { return std::round(score * 1e6) / 1e6; }

}  // namespace

double el2n(std::span<const float> logits, std::int32_t label) {
  CLEAVE_CHECK(label >= 0 && static_cast<std::size_t>(label) < logits.size());
  const double largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(logit - largest);
  double squares = 0;
  for (std::size_t c = 0; c < logits.size(); ++c) {
    const double p = std::exp(logits[c] - largest) / sum;
    const double difference = p - (static_cast<std::int32_t>(c) == label ? 1.0 : 0.0);
    squares += difference * difference;
  }
  return std::sqrt(squares);
}

std::vector<std::uint32_t> keep_hardest(std::span<const double> scores, double keep) {
  std::vector<std::uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) {
    return rounded(scores[a]) > rounded(scores[b]);
  });
  order.resize(keep_count(keep, scores.size()));
  return order;
}

std::vector<std::uint32_t> keep_hardest_by_label(std::span<const double> scores,
                                                 std::span<const std::int32_t> labels,
                                                 double keep) {
  CLEAVE_CHECK(scores.size() == labels.size());
  std::map<std::int32_t, std::vector<std::uint32_t>> members;
  for (std::uint32_t i = 0; i < labels.size(); ++i) members[labels[i]].push_back(i);
  std::vector<std::uint32_t> kept;
  for (const auto& [label, positions] : members) {
    std::vector<double> own;
    for (const std::uint32_t i : positions) own.push_back(scores[i]);
    for (const std::uint32_t rank : keep_hardest(own, keep)) kept.push_back(positions[rank]);
  }
  std::sort(kept.begin(), kept.end());
  return kept;
}

std::vector<double> random_scores(std::size_t n, Stream stream) {
  std::vector<double> scores(n);
  for (double& score : scores) score = stream.uniform();
  return scores;
}

}  // namespace cleave
