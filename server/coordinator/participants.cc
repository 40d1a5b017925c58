#include "server/coordinator/participants.h"

#include <algorithm>

#include "common/base/random.h"

namespace cleave {

std::vector<std::string> pick_clients(const std::vector<std::string>& ids, std::size_t count,
                                      std::uint64_t seed, std::uint32_t round) {
  std::vector<std::string> order = ids;
  Stream stream(seed, "participants", round);
  stream.shuffle(order);
  order.resize(std::min(count, order.size()));
  std::sort(order.begin(), order.end());
  return order;
}

std::vector<std::string> pick_clients(const std::vector<std::string>& ids, const Job& job,
                                      std::uint32_t round) {
  return pick_clients(ids, static_cast<std::size_t>(job.federation.per_round),
                      seed_of(job, Seed::kSampling), round);
}

}  // namespace cleave
