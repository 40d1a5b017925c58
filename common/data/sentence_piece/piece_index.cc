#include "common/data/sentence_piece/piece_index.h"

#include <string>

#include "common/base/error.h"

namespace cleave {

PieceIndex::PieceIndex(std::vector<Entry> entries) : entries_(std::move(entries)) {
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.text < b.text; });
  if (!entries_.empty() && entries_.front().text.empty()) {
    throw DataError("piece " + std::to_string(entries_.front().id) + " is empty");
  }
  const auto twice =
      std::adjacent_find(entries_.begin(), entries_.end(),
                         [](const Entry& a, const Entry& b) { return a.text == b.text; });
  if (twice != entries_.end()) {
    throw DataError("pieces " + std::to_string(twice->id) + " and " +
                    std::to_string((twice + 1)->id) + " are the same");
  }
}

std::int32_t PieceIndex::find(std::string_view text) const {
  const auto found =
      std::lower_bound(entries_.begin(), entries_.end(), text,
                       [](const Entry& entry, std::string_view t) { return entry.text < t; });
  return found != entries_.end() && found->text == text ? found->id : -1;
}

std::size_t PieceIndex::longest_prefix(std::string_view text) const {
  std::size_t longest = 0;
  each_prefix(text, [&](std::size_t bytes, std::int32_t) { longest = bytes; });
  return longest;
}

}  // namespace cleave
