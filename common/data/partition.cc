#include "common/data/partition.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "common/base/error.h"
#include "common/base/random.h"

namespace cleave {
namespace {

constexpr std::uint32_t kMaxRedraws = 100;
constexpr std::uint64_t kMostDrawn = 100'000'000;  // positions of a bootstrap: 400 MB

using Lists = std::vector<std::vector<std::uint32_t>>;

void require_samples(std::size_t samples, std::uint64_t clients, std::uint64_t each) {
  if (clients == 0) throw DataError("a partition needs at least one client");
  if (samples < clients * each) {
    throw DataError(std::to_string(samples) + " samples are too few for " +
                    std::to_string(clients) + " clients with at least " + std::to_string(each) +
                    " each; use fewer clients or lower federation.min_size");
  }
}

std::vector<std::uint32_t> permutation(std::size_t n, Stream& stream) {
  std::vector<std::uint32_t> order(n);
  std::iota(order.begin(), order.end(), 0u);
  stream.shuffle(order);
  return order;
}

// Shares that sum to 1, normalised in log space: at alpha 0.01 plain draws are all zero.
std::vector<double> dirichlet_draw(std::size_t n, double alpha, Stream& stream) {
  std::vector<double> logs(n);
  for (double& value : logs) value = stream.log_gamma(alpha);
  const double largest = *std::max_element(logs.begin(), logs.end());
  double sum = 0;
  for (double& value : logs) sum += value = std::exp(value - largest);
  for (double& value : logs) value /= sum;
  return logs;
}

// Deals `items` by cumulated shares; the last client takes what rounding leaves.
void deal(const std::vector<std::uint32_t>& items, const std::vector<double>& shares,
          Lists& clients) {
  double cumulated = 0;
  std::size_t begin = 0;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    cumulated += shares[k];
    const bool last = k + 1 == shares.size();
    const auto end =
        last ? items.size()
             : std::min(items.size(), static_cast<std::size_t>(std::floor(
                                          cumulated * static_cast<double>(items.size()))));
    for (; begin < end; ++begin) clients[k].push_back(items[begin]);
  }
}

std::size_t smallest(const Lists& clients) {
  return std::min_element(clients.begin(), clients.end(),
                          [](const auto& a, const auto& b) { return a.size() < b.size(); })
      ->size();
}

// Moves one sample at a time from the largest client to the smallest until all have min_size.
void repair(Lists& clients, std::size_t min_size) {
  const auto by_size = [](const auto& a, const auto& b) { return a.size() < b.size(); };
  for (;;) {
    auto& least = *std::min_element(clients.begin(), clients.end(), by_size);
    if (least.size() >= min_size) return;
    auto& most = *std::max_element(clients.begin(), clients.end(), by_size);
    least.push_back(most.back());
    most.pop_back();
  }
}

Partition finished(Lists clients) {
  for (auto& list : clients) std::sort(list.begin(), list.end());
  return {std::move(clients), 0, false};
}

// Draws until every client has min_size, at most kMaxRedraws times, then repairs.
template <class Draw>
Partition draw_until_large_enough(std::size_t samples, const PartitionOptions& options, Draw draw) {
  const std::size_t min_size = std::max(options.min_size, 1u);
  require_samples(samples, options.clients, min_size);
  Lists clients;
  std::uint32_t redraws = 0;
  for (;; ++redraws) {
    clients = draw(redraws);
    if (smallest(clients) >= min_size || redraws == kMaxRedraws) break;
  }
  const bool needs_repair = smallest(clients) < min_size;
  if (needs_repair) repair(clients, min_size);
  Partition partition = finished(std::move(clients));
  partition.redraws = redraws;
  partition.repaired = needs_repair;
  return partition;
}

std::map<std::int32_t, std::vector<std::uint32_t>> by_label(std::span<const std::int32_t> labels) {
  std::map<std::int32_t, std::vector<std::uint32_t>> out;
  for (std::uint32_t i = 0; i < labels.size(); ++i) out[labels[i]].push_back(i);
  return out;
}

}  // namespace

Partition partition_iid(std::span<const std::int32_t> labels, const PartitionOptions& options) {
  require_samples(labels.size(), options.clients, 1);
  Stream stream(options.seed, "partition/iid");
  const auto order = permutation(labels.size(), stream);
  Lists clients(options.clients);
  for (std::size_t k = 0; k < clients.size(); ++k) {
    const std::size_t begin = k * labels.size() / clients.size();
    const std::size_t end = (k + 1) * labels.size() / clients.size();
    clients[k].assign(order.begin() + static_cast<std::ptrdiff_t>(begin),
                      order.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return finished(std::move(clients));
}

Partition partition_dirichlet(std::span<const std::int32_t> labels,
                              const PartitionOptions& options) {
  const auto classes = by_label(labels);
  return draw_until_large_enough(labels.size(), options, [&](std::uint32_t redraw) {
    Stream stream(options.seed, "partition/dirichlet", redraw);
    Lists clients(options.clients);
    for (auto [label, members] : classes) {
      stream.shuffle(members);
      deal(members, dirichlet_draw(options.clients, options.alpha, stream), clients);
    }
    return clients;
  });
}

Partition partition_quantity(std::span<const std::int32_t> labels,
                             const PartitionOptions& options) {
  return draw_until_large_enough(labels.size(), options, [&](std::uint32_t redraw) {
    Stream stream(options.seed, "partition/quantity", redraw);
    Lists clients(options.clients);
    const auto order = permutation(labels.size(), stream);
    deal(order, dirichlet_draw(options.clients, options.alpha, stream), clients);
    return clients;
  });
}

Partition partition_pathological(std::span<const std::int32_t> labels,
                                 const PartitionOptions& options) {
  const std::uint64_t per_client = std::max(options.classes_per_client, 1u);
  require_samples(labels.size(), options.clients, per_client);
  Stream stream(options.seed, "partition/pathological");
  std::vector<std::uint32_t> sorted;
  for (auto [label, members] : by_label(labels)) {
    stream.shuffle(members);
    sorted.insert(sorted.end(), members.begin(), members.end());
  }
  const std::size_t shards = options.clients * per_client;
  const auto order = permutation(shards, stream);
  Lists clients(options.clients);
  for (std::size_t i = 0; i < shards; ++i) {
    const std::size_t begin = order[i] * sorted.size() / shards;
    const std::size_t end = (order[i] + 1) * sorted.size() / shards;
    auto& list = clients[i / per_client];
    list.insert(list.end(), sorted.begin() + static_cast<std::ptrdiff_t>(begin),
                sorted.begin() + static_cast<std::ptrdiff_t>(end));
  }
  return finished(std::move(clients));
}

Partition partition_bootstrap(std::span<const std::int32_t> labels,
                              const PartitionOptions& options) {
  const std::uint32_t size = std::max(options.min_size, 1u);
  require_samples(labels.size(), std::min(options.clients, 1u), 1);
  if (std::uint64_t{options.clients} * size > kMostDrawn) {
    throw DataError(std::to_string(options.clients) + " clients with " + std::to_string(size) +
                    " samples each are more than the " + std::to_string(kMostDrawn) +
                    " draws of a bootstrap; lower federation.clients or federation.min_size");
  }
  Lists clients(options.clients);
  for (std::uint32_t k = 0; k < options.clients; ++k) {
    Stream stream(options.seed, "partition/bootstrap", k);
    for (std::uint32_t i = 0; i < size; ++i) {
      clients[k].push_back(static_cast<std::uint32_t>(stream.below(labels.size())));
    }
  }
  return finished(std::move(clients));
}

Partition partition_groups(std::span<const std::string> groups) {
  std::map<std::string, std::vector<std::uint32_t>> members;
  for (std::uint32_t i = 0; i < groups.size(); ++i) members[groups[i]].push_back(i);
  Lists clients;
  for (auto& [name, list] : members) clients.push_back(std::move(list));
  return finished(std::move(clients));
}

Partition checked_partition(Lists clients, std::size_t samples) {
  std::vector<bool> seen(samples, false);
  std::size_t count = 0;
  for (std::size_t k = 0; k < clients.size(); ++k) {
    const std::string who = "the partition's client " + std::to_string(k);
    if (clients[k].empty()) throw DataError(who + " has no samples");
    for (const std::uint32_t i : clients[k]) {
      if (i >= samples) {
        throw DataError(who + " has position " + std::to_string(i) + ", but there are only " +
                        std::to_string(samples) + " samples");
      }
      if (seen[i]) throw DataError(who + " has position " + std::to_string(i) + ", dealt already");
      seen[i] = true;
      ++count;
    }
  }
  if (count != samples) {
    throw DataError("the partition deals " + std::to_string(count) + " of " +
                    std::to_string(samples) + " samples; it must deal all of them");
  }
  return finished(std::move(clients));
}

}  // namespace cleave
