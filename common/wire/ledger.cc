#include "common/wire/ledger.h"

#include "common/base/error.h"

namespace cleave {

Count& Count::operator+=(const Count& other) {
  frames += other.frames;
  payload += other.payload;
  return *this;
}

Count& Count::operator-=(const Count& other) {
  frames -= other.frames;
  payload -= other.payload;
  return *this;
}

Count Direction::total(Group group) const {
  Count sum;
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i].group == group) sum += by_kind[i];
  }
  return sum;
}

Direction& Direction::operator+=(const Direction& other) {
  for (std::size_t i = 0; i < by_kind.size(); ++i) by_kind[i] += other.by_kind[i];
  return *this;
}

Direction& Direction::operator-=(const Direction& other) {
  for (std::size_t i = 0; i < by_kind.size(); ++i) by_kind[i] -= other.by_kind[i];
  return *this;
}

Ledger& Ledger::operator+=(const Ledger& other) {
  sent += other.sent;
  received += other.received;
  return *this;
}

Ledger& Ledger::operator-=(const Ledger& other) {
  sent -= other.sent;
  received -= other.received;
  return *this;
}

Ledger operator+(Ledger a, const Ledger& b) { return a += b; }
Ledger operator-(Ledger a, const Ledger& b) { return a -= b; }

Ledger mirror(const Ledger& own) { return {own.received, own.sent}; }

void check_mirror(const Ledger& own, const Ledger& theirs, const std::string& peer) {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i].kind == Kind::kPing) continue;
    const auto compare = [&](const Count& a, const Count& b, const char* direction) {
      if (a == b) return;
      const auto text = [](const Count& c) {
        return std::to_string(c.frames) + " frames with " + std::to_string(c.payload) + " bytes";
      };
      throw ProtocolError("the ledgers differ: " + std::string(kKinds[i].name) + " " + direction +
                          " " + peer + ": " + text(a) + " here, " + text(b) + " there");
    };
    compare(own.sent.by_kind[i], theirs.received.by_kind[i], "to");
    compare(own.received.by_kind[i], theirs.sent.by_kind[i], "from");
  }
}

}  // namespace cleave
