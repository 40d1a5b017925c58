// What a partition looks like, for people and reports.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "common/data/partition.h"

namespace cleave {
namespace {

using Counts = std::vector<std::uint64_t>;

Counts counts_of(const std::vector<std::uint32_t>& members, std::span<const std::int32_t> labels,
                 std::size_t classes) {
  Counts counts(classes);
  for (const std::uint32_t i : members) ++counts[static_cast<std::size_t>(labels[i])];
  return counts;
}

std::size_t class_count(std::span<const std::int32_t> labels) {
  return labels.empty()
             ? 0
             : static_cast<std::size_t>(*std::max_element(labels.begin(), labels.end())) + 1;
}

}  // namespace

double label_skew(const Partition& partition, std::span<const std::int32_t> labels) {
  const std::size_t classes = class_count(labels);
  Counts whole(classes);
  for (const std::int32_t label : labels) ++whole[static_cast<std::size_t>(label)];
  double sum = 0;
  for (const auto& members : partition.clients) {
    const Counts counts = counts_of(members, labels, classes);
    double distance = 0;
    for (std::size_t c = 0; c < classes; ++c) {
      distance += std::abs(static_cast<double>(counts[c]) / static_cast<double>(members.size()) -
                           static_cast<double>(whole[c]) / static_cast<double>(labels.size()));
    }
    sum += 0.5 * distance;
  }
  return sum / static_cast<double>(partition.clients.size());
}

std::string partition_table(const Partition& partition, std::span<const std::int32_t> labels,
                            const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 40;
  std::string out = fmt::format("{:>10}", "client");
  for (const std::string& name : names) out += fmt::format(" {:>10.10}", name);
  out += fmt::format(" {:>10}\n", "all");
  for (std::size_t k = 0; k < partition.clients.size(); ++k) {
    if (k == kShown) {
      out += fmt::format("       ... and {} more clients\n", partition.clients.size() - kShown);
      break;
    }
    out += fmt::format("{:>10}", k);
    for (const auto n : counts_of(partition.clients[k], labels, names.size())) {
      out += fmt::format(" {:>10}", n);
    }
    out += fmt::format(" {:>10}\n", partition.clients[k].size());
  }
  out += fmt::format("label skew (mean total variation) {:.3f}, redraws {}{}\n",
                     label_skew(partition, labels), partition.redraws,
                     partition.repaired ? ", repaired to reach min_size" : "");
  return out;
}

}  // namespace cleave
