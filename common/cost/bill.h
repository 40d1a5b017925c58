// The bill: what a job's frames take on the sockets, training and evaluation together. Handshakes,
// greetings and pings of a link, and the headers of TCP and IP, are not in it.
#pragma once

#include "common/cost/trace.h"

namespace cleave {

// Bytes of frames in TLS records. up + down = training + evaluation.
struct Bill {
  std::uint64_t training = 0, evaluation = 0;
  std::uint64_t up = 0, down = 0;
  std::uint64_t total() const { return up + down; }
  bool operator==(const Bill&) const = default;
};

// Payload, 64 bytes of header a frame, and 22 bytes a TLS 1.3 record, of which a frame of n bytes
// takes ceil(n / 16384) (spec wire.md 3, communication.md 7). Of frames only the sum of a kind is
// known, so their records are bounded from above: at most 22 bytes a frame too many. Over memory
// links: what sockets would carry.
Bill bill_of(const Cost& cost);

}  // namespace cleave
