#include "server/coordinator/aggregation/ranks.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <charconv>

#include "common/base/error.h"

namespace cleave {
namespace {

// The number at the end of "client-0007".
std::size_t number_of(const std::string& client) {
  const std::size_t begin = client.find_last_not_of("0123456789") + 1;
  std::size_t number = 0;
  const auto [end, error] =
      std::from_chars(client.data() + begin, client.data() + client.size(), number);
  if (error != std::errc() || end == client.data() + begin) {
    throw DataError("federation.ranks: " + client +
                    " has no number at its end and server.roster is empty; name the clients there");
  }
  return number;
}

}  // namespace

std::optional<std::int64_t> rank_of(const Job& job, const std::string& client) {
  const std::vector<std::int64_t> ranks = participant_ranks(job);
  if (ranks.empty()) return std::nullopt;
  const auto& roster = job.server.roster;
  const auto place = std::find(roster.begin(), roster.end(), client);
  const std::size_t turn =
      place != roster.end() ? static_cast<std::size_t>(place - roster.begin()) : number_of(client);
  return ranks[turn % ranks.size()];
}

State with_rank(const State& state, const std::vector<FactorPair>& pairs, std::int64_t rank) {
  const auto in_pair = [&](const std::string& name) {
    return std::any_of(pairs.begin(), pairs.end(), [&](const FactorPair& pair) {
      return pair.left == name || pair.right == name;
    });
  };
  State out = part_of(state, [&](const std::string& name) { return !in_pair(name); });
  for (const FactorPair& pair : pairs) {
    const at::Tensor left = state.at(pair.left).clone(), right = state.at(pair.right).clone();
    const std::int64_t rest = right.size(0) - rank;
    if (rest > 0) {
      left.narrow(1, rank, rest).zero_();
      right.narrow(0, rank, rest).zero_();
    }
    out.add(pair.left, left);
    out.add(pair.right, right);
  }
  return out;
}

}  // namespace cleave
