// The bill: what a job takes on the sockets: training and evaluation together, and the sessions
// that carry them. Pings, and the headers of TCP and IP, are not in it.
#pragma once

#include "common/cost/trace.h"

namespace cleave {

// Bytes in TLS records. up + down = training + evaluation + sessions.
struct Bill {
  std::uint64_t training = 0, evaluation = 0, sessions = 0;
  std::uint64_t up = 0, down = 0;
  std::uint64_t total() const { return up + down; }
  bool operator==(const Bill&) const = default;
};

// Of frames: payload, 64 bytes of header a frame, and 22 bytes a TLS 1.3 record, of which a frame
// of n bytes takes ceil(n / 16384) (spec wire.md 3, communication.md 7). Of frames only the sum of
// a kind is known, so their records are bounded from above: at most 22 bytes a frame too many. Over
// memory links: what sockets would carry.
Bill bill_of(const Cost& cost);

// Of sessions: both links of every client once, with handshakes, greetings and goodbyes. What a
// handshake takes depends on certificates and on OpenSSL: for those of `cleave pki` with names of
// up to some ten letters it is within 1 percent (tests/cost/handshake_test.cc).
Bill sessions_bill(const SessionShape& sessions, std::uint64_t labels);

// All of it.
Bill bill_of(const JobShape& shape, const Cost& cost);

}  // namespace cleave
