#include "common/data/example.h"

#include <algorithm>
#include <numeric>

namespace cleave {

void drop_ending(Example& example, std::int64_t ending) {
  while (example.ids.size() > 1 && example.ids.back() == ending) example.ids.pop_back();
  example.pair_begin = std::min(example.pair_begin, static_cast<std::int32_t>(example.ids.size()));
}

std::vector<std::int32_t> labels_of(const Batch& batch) {
  std::vector<std::int32_t> labels;
  for (const Example* example : batch) labels.push_back(example->label);
  return labels;
}

std::vector<std::int32_t> labels_of(const Dataset& data) {
  std::vector<std::int32_t> labels;
  for (const Example& example : data.examples) labels.push_back(example.label);
  return labels;
}

std::vector<std::uint64_t> label_counts(std::span<const Example> examples, std::int32_t labels) {
  std::vector<std::uint64_t> counts(static_cast<std::size_t>(labels));
  for (const Example& example : examples) ++counts[static_cast<std::size_t>(example.label)];
  return counts;
}

std::vector<std::uint32_t> all_positions(const Dataset& data) {
  std::vector<std::uint32_t> positions(data.size());
  std::iota(positions.begin(), positions.end(), 0u);
  return positions;
}

std::vector<Batch> make_batches(const Dataset& data, std::span<const std::uint32_t> order,
                                std::int64_t size) {
  std::vector<Batch> batches;
  const auto step = static_cast<std::size_t>(size);
  for (std::size_t begin = 0; begin < order.size(); begin += step) {
    Batch& batch = batches.emplace_back();
    for (std::size_t i = begin; i < std::min(begin + step, order.size()); ++i) {
      batch.push_back(&data.examples[order[i]]);
    }
  }
  return batches;
}

std::vector<Batch> in_order_batches(const Dataset& data, std::int64_t size) {
  return make_batches(data, all_positions(data), size);
}

}  // namespace cleave
