// The body server's session with one client: answers split steps, evaluations and tallies. It never
// receives labels or samples, and holds nothing of a client between steps.
#pragma once

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
};

// Serves until goodbye. One step in flight per client. Errors: UnavailableError (the client is
// gone), ProtocolError (the client is told before this is thrown).
asio::awaitable<void> serve_body(BodyService& service, Link& link);

}  // namespace cleave
