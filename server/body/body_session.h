// The body server's session with one client: answers split steps, evaluations and tallies. It never
// receives labels or samples, and holds nothing of a client between steps.
//
// A slot is never held over a send. While the client computes, its slot is lent: where others wait
// for one, the activations are dropped, and made again (to the same bits) when its gradient comes.
#pragma once

#include <chrono>
#include <set>
#include <string>

#include "common/base/lane.h"
#include "common/exchange/messages.h"
#include "common/wire/link.h"
#include "server/body/body_copies.h"
#include "server/body/slots.h"

namespace cleave {

// What all sessions share.
struct BodyService {
  BodyCopies& copies;
  RowsForm form;
  Lane& lane;
  Slots& slots;
  // How long a client may take for its half of a step; 0: for ever. Pings do not extend it.
  std::chrono::milliseconds step_deadline{0};
  // How long its slot stays its own meanwhile.
  std::chrono::milliseconds patience = std::chrono::hours(24);
  // Ids whose slot went to another in their last step: their next one has no patience.
  std::set<std::string> slow{};
};

// Serves until goodbye. One step in flight per client. Errors: UnavailableError (the client is
// gone), ProtocolError (the client is told before this is thrown).
asio::awaitable<void> serve_body(BodyService& service, Link& link);

}  // namespace cleave
