#include "common/wire/tally.h"

#include "common/wire/control.h"

namespace cleave {
namespace {

// The peer stated its ledger before it sent the statement; leave that frame out of ours.
Ledger before(const Frame& tally, Ledger ledger) {
  ledger.received[tally.header.kind] -= Count{1, tally.header.payload_bytes};
  return ledger;
}

}  // namespace

asio::awaitable<Ledger> agree_on_bytes(Link& link, std::uint32_t round) {
  co_await link.send(tally_frame(link.ledger(), round));
  const Frame answer = co_await receive_expected(link, Kind::kTally, round, 0);
  check_mirror(before(answer, link.ledger()), parse_tally(answer), link.peer());
  co_return link.ledger();
}

asio::awaitable<void> answer_tally(Link& link, const Frame& tally) {
  check_mirror(before(tally, link.ledger()), parse_tally(tally), link.peer());
  co_await link.send(tally_frame(link.ledger(), tally.header.round));
}

}  // namespace cleave
