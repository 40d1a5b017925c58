// The merges of a byte pair encoding, applied to the symbols of one word as Hugging Face's
// tokenizers library does. It knows no text.
//
// Thread-safe after construction. Memory bound: the merges that were added.
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/data/vocabulary.h"

namespace cleave {

// Pairs of pieces, the first to be merged first.
using Merges = std::vector<std::pair<std::string, std::string>>;

class BpeMerges {
 public:
  BpeMerges() = default;
  // Errors: DataError where a piece, or what two make together, is not in the vocabulary.
  BpeMerges(const Vocabulary& vocabulary, const Merges& merges);

  // Replaces pairs in `word` by what they make: the pair of the lowest rank first, and of equals
  // the leftmost.
  void apply(std::vector<std::int32_t>& word) const;

 private:
  struct Merge {
    std::int32_t rank, id;
  };
  const Merge* find(std::int32_t left, std::int32_t right) const;

  std::unordered_map<std::uint64_t, Merge> merges_;  // by left << 32 | right
};

// The id of a piece. Errors: DataError where it has none.
std::int32_t piece_id(const Vocabulary& vocabulary, const std::string& piece);

}  // namespace cleave
