// A client's session: joins a job over two links, one to the coordinator and one to the body
// server, and answers the coordinator until it says goodbye. The order of messages is in
// docs/protocol.md.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "client/context.h"
#include "common/wire/control.h"
#include "common/wire/link.h"

namespace cleave {

// Sends hello and returns the server's answer. Errors: as the server states them.
asio::awaitable<HelloOk> join(Link& link, Role role, const Digest& model_hash,
                              const Digest& job_hash = {});

// What a client tells about itself once its data are loaded.
Ready ready_of(const ClientContext& context);

// Serves rounds and evaluations until goodbye. Both links have joined and have their limits.
// On an error of its own it tells both servers why before it rethrows.
asio::awaitable<void> serve_coordinator(const ClientContext& context, Link& coordinator,
                                        Link& body);

}  // namespace cleave
