// A set of strings, searched for those that a text begins with. It knows neither scores nor kinds.
//
// Thread-safe after construction. Memory bound: 24 bytes a string; the strings are its owner's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <vector>

namespace cleave {

class PieceIndex {
 public:
  struct Entry {
    std::string_view text;  // outlives the index
    std::int32_t id;
  };

  PieceIndex() = default;
  // Errors: DataError for an empty text, or one that is there twice.
  explicit PieceIndex(std::vector<Entry> entries);

  bool empty() const { return entries_.empty(); }
  // The id of exactly this text; -1: none.
  std::int32_t find(std::string_view text) const;
  // Calls found(bytes, id) for each entry that `text` begins with, the shortest first.
  template <class F>
  void each_prefix(std::string_view text, F found) const;
  // Bytes of the longest of them; 0: none.
  std::size_t longest_prefix(std::string_view text) const;

 private:
  std::vector<Entry> entries_;  // sorted by bytes
};

template <class F>
void PieceIndex::each_prefix(std::string_view text, F found) const {
  const auto byte_at = [](std::string_view s, std::size_t i) {
    return static_cast<std::uint8_t>(s[i]);
  };
  // [first, last) are the entries that share the text's first `shared` bytes, in order.
  auto first = entries_.begin(), last = entries_.end();
  for (std::size_t shared = 0; shared < text.size(); ++shared) {
    const std::uint8_t next = byte_at(text, shared);
    first = std::partition_point(first, last, [&](const Entry& entry) {
      return entry.text.size() == shared || byte_at(entry.text, shared) < next;
    });
    last = std::partition_point(
        first, last, [&](const Entry& entry) { return byte_at(entry.text, shared) == next; });
    if (first == last) return;
    if (first->text.size() == shared + 1) found(shared + 1, first->id);
  }
}

}  // namespace cleave
