// What a model is fed: one labelled text (as token ids) or image, and lists of them. Plain values;
// nothing here reads files or knows tensors.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cleave {

struct Example {
  std::vector<std::int32_t> ids;     // text: token ids with special tokens
  std::int32_t pair_begin = 0;       // text: ids from here on are the pair's second part
  std::vector<std::uint8_t> pixels;  // image: (channels, height, width)
  std::int32_t label = 0;
};

struct Dataset {
  std::vector<Example> examples;
  std::vector<std::string> groups;  // per example, where a group column was asked for

  std::size_t size() const { return examples.size(); }
};

// The examples of one step, in order; they belong to a Dataset that outlives it.
using Batch = std::vector<const Example*>;

// Ends a text before the tokens `ending` at its end; its first token stays.
void drop_ending(Example& example, std::int64_t ending);

std::vector<std::int32_t> labels_of(const Batch& batch);
std::vector<std::int32_t> labels_of(const Dataset& data);
std::vector<std::uint64_t> label_counts(std::span<const Example> examples, std::int32_t labels);

// 0, 1, ... size - 1: every position in order.
std::vector<std::uint32_t> all_positions(const Dataset& data);

// Batches of `size` in the given order of positions; the last may be smaller.
std::vector<Batch> make_batches(const Dataset& data, std::span<const std::uint32_t> order,
                                std::int64_t size);
// The same in file order. Whoever must agree on logits to the last bit batches alike: they may
// depend on batch mates.
std::vector<Batch> in_order_batches(const Dataset& data, std::int64_t size);

}  // namespace cleave
