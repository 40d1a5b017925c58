#include "common/data/bpe_merges.h"

#include <queue>

#include "common/base/error.h"

namespace cleave {
namespace {

std::uint64_t key(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
         static_cast<std::uint32_t>(right);
}

// Symbols of one word, linked, so that a merge is done in place.
struct Symbol {
  std::int32_t id, previous, next;  // -1: none; id -1: merged into the one before
};

struct Candidate {
  std::int32_t rank, at, merged;
};
struct Later {
  bool operator()(const Candidate& a, const Candidate& b) const {
    return a.rank != b.rank ? a.rank > b.rank : a.at > b.at;
  }
};

}  // namespace

std::int32_t piece_id(const Vocabulary& vocabulary, const std::string& piece) {
  const auto found = vocabulary.find(piece);
  if (found == vocabulary.end()) {
    throw DataError("the vocabulary has no piece \"" + piece.substr(0, 40) +
                    "\", which a merge or every text needs");
  }
  return found->second;
}

BpeMerges::BpeMerges(const Vocabulary& vocabulary, const Merges& merges) {
  std::int32_t rank = 0;
  for (const auto& [left, right] : merges) {
    merges_.insert_or_assign(key(piece_id(vocabulary, left), piece_id(vocabulary, right)),
                             Merge{rank++, piece_id(vocabulary, left + right)});
  }
}

const BpeMerges::Merge* BpeMerges::find(std::int32_t left, std::int32_t right) const {
  const auto found = merges_.find(key(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

void BpeMerges::apply(std::vector<std::int32_t>& word) const {
  std::vector<Symbol> symbols;
  symbols.reserve(word.size());
  for (const std::int32_t id : word) {
    const auto at = static_cast<std::int32_t>(symbols.size());
    symbols.push_back({id, at - 1, at + 1});
  }
  if (!symbols.empty()) symbols.back().next = -1;
  const auto symbol = [&](std::int32_t i) -> Symbol& {
    return symbols[static_cast<std::size_t>(i)];
  };
  std::priority_queue<Candidate, std::vector<Candidate>, Later> queue;
  const auto consider = [&](std::int32_t at) {
    if (at < 0 || symbol(at).next < 0) return;
    const Merge* const merge = find(symbol(at).id, symbol(symbol(at).next).id);
    if (merge) queue.push({merge->rank, at, merge->id});
  };
  for (std::size_t i = 0; i < symbols.size(); ++i) consider(static_cast<std::int32_t>(i));
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Symbol& left = symbol(best.at);
    if (left.id < 0 || left.next < 0) continue;
    Symbol& right = symbol(left.next);
    const Merge* const merge = find(left.id, right.id);
    if (!merge || merge->id != best.merged) continue;  // one of them has been merged otherwise
    left.id = best.merged;
    right.id = -1;
    left.next = right.next;
    if (left.next >= 0) symbol(left.next).previous = best.at;
    consider(left.previous);
    consider(best.at);
  }
  word.clear();
  for (const Symbol& each : symbols) {
    if (each.id >= 0) word.push_back(each.id);
  }
}

}  // namespace cleave
