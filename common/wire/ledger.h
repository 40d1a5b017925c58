// Bytes by direction, kind and level: plain values with + - ==, so that the cost of anything is
// `after - before`. It counts nothing by itself (Link does) and predicts nothing (common/cost).
#pragma once

#include <array>
#include <cstdint>
#include <string>

#include "common/wire/frame.h"

namespace cleave {

// Bytes of one kind in one direction at two levels: payload, and frames with their headers.
struct Count {
  std::uint64_t frames = 0;
  std::uint64_t payload = 0;

  std::uint64_t frame_bytes() const { return payload + kHeaderBytes * frames; }
  Count& operator+=(const Count& other);
  Count& operator-=(const Count& other);
  bool operator==(const Count&) const = default;
};

// One direction, by kind.
struct Direction {
  std::array<Count, kKinds.size()> by_kind{};

  Count& operator[](Kind kind) { return by_kind[kind_index(kind)]; }
  const Count& operator[](Kind kind) const { return by_kind[kind_index(kind)]; }
  Count total(Group group) const;
  Direction& operator+=(const Direction& other);
  Direction& operator-=(const Direction& other);
  bool operator==(const Direction&) const = default;
};

// What one end of a link, or all links of a client, have seen. Each byte is owned by its sender;
// the receiver's `received` must mirror the sender's `sent`.
struct Ledger {
  Direction sent, received;

  Ledger& operator+=(const Ledger& other);
  Ledger& operator-=(const Ledger& other);
  bool operator==(const Ledger&) const = default;
};

Ledger operator+(Ledger a, const Ledger& b);
Ledger operator-(Ledger a, const Ledger& b);

// The same bytes as the other end sees them.
Ledger mirror(const Ledger& own);

// Insists that `theirs`, as the peer states it, is the mirror of `own`, for every kind but pings.
// Errors: ProtocolError naming the first kind that differs and both counts.
void check_mirror(const Ledger& own, const Ledger& theirs, const std::string& peer);

}  // namespace cleave
