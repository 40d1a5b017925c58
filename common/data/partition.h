// How a data set is dealt to simulated clients: pure functions from labels to lists of positions.
// They read no data and draw from their own stream only (spec pruning_and_data.md 5).
//
// Every result but partition_bootstrap's is disjoint and covers all samples; none leaves a client
// empty.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cleave {

struct Partition {
  std::vector<std::vector<std::uint32_t>> clients;  // positions, ascending
  std::uint32_t redraws = 0;  // tries thrown away because a client was below min_size
  bool repaired = false;      // after the last try samples were moved to reach min_size
};

struct PartitionOptions {
  std::uint64_t seed = 1;
  std::uint32_t clients = 10;
  double alpha = 0.5;                    // dirichlet, quantity
  std::uint32_t classes_per_client = 2;  // pathological: shards a client gets
  std::uint32_t min_size = 16;           // dirichlet, quantity; bootstrap: the size
};

// All throw DataError when there are too few samples for the clients, with both numbers.

// A permutation cut into equal parts.
Partition partition_iid(std::span<const std::int32_t> labels, const PartitionOptions& options);
// Per class, shares drawn from Dirichlet(alpha): small alpha, skewed labels.
Partition partition_dirichlet(std::span<const std::int32_t> labels,
                              const PartitionOptions& options);
// Sizes drawn from Dirichlet(alpha), labels IID.
Partition partition_quantity(std::span<const std::int32_t> labels, const PartitionOptions& options);
// Sorted by label, cut into clients * classes_per_client shards, dealt at random.
Partition partition_pathological(std::span<const std::int32_t> labels,
                                 const PartitionOptions& options);
// Every client draws min_size samples with replacement from all of them: any number of clients of
// a small set, at the price that they share samples. A client's draw depends on its number only,
// so that more clients leave the others' as they are.
Partition partition_bootstrap(std::span<const std::int32_t> labels,
                              const PartitionOptions& options);
// One client per distinct group, in the order of the groups' names.
Partition partition_groups(std::span<const std::string> groups);

// Checks a partition from a file against the data. Errors: DataError.
Partition checked_partition(std::vector<std::vector<std::uint32_t>> clients, std::size_t samples);

// The mean over clients of the total variation distance between a client's label distribution and
// the whole's, in [0, 1).
double label_skew(const Partition& partition, std::span<const std::int32_t> labels);

// A client x label table with totals, for people.
std::string partition_table(const Partition& partition, std::span<const std::int32_t> labels,
                            const std::vector<std::string>& names);

}  // namespace cleave
