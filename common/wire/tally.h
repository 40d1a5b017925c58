// The end of a round on the body link: both ends state what they counted, and must agree.
#pragma once

#include <cstdint>

#include "common/wire/ledger.h"
#include "common/wire/link.h"

namespace cleave {

// Exchanges tallies and returns the link's ledger, tallies included.
// Errors: ProtocolError when the ends differ.
asio::awaitable<Ledger> agree_on_bytes(Link& link, std::uint32_t round);

// The other end: answers a tally that has been received.
asio::awaitable<void> answer_tally(Link& link, const Frame& tally);

}  // namespace cleave
