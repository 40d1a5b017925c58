// A link over mutual TLS 1.3: connects, accepts, and keeps the connection alive with pings while
// either side computes. It does not decide who may join (the roster does).
//
// A silent peer is noticed after `silence`: while a frame is awaited or being written, some byte
// must move in that time. A frame that has begun, in either direction, must end within
// kFrameSilences times that: a byte now and then is no progress. Pings above a rate that no link
// comes near are refused.
//
// Memory bound: a frame that is written and those of senders that wait, twice what has arrived of
// the next (never its header's claim) and TLS's buffers (about 34 KB).
#pragma once

#include <chrono>
#include <memory>

#include "common/wire/dial.h"
#include "common/wire/link.h"
#include "common/wire/tls_context.h"

namespace cleave {

struct Deadlines {
  std::chrono::milliseconds connect{10'000};  // TCP, TLS and hello
  std::chrono::milliseconds silence{30'000};  // pings go out at a third of it
};

// Dials until `connect` has passed, for a server that is still starting, and shakes hands within
// as long again.
// Errors: UnavailableError (nobody there), PermissionError (TLS refused; says why).
asio::awaitable<std::unique_ptr<Link>> tls_connect(asio::ssl::context& context, Address address,
                                                   Deadlines deadlines);

// Replaces the silence that a TLS link allows, once the job has told it; others know none.
void allow_silence(Link& link, std::chrono::milliseconds silence);

// The server's half of the handshake on an accepted socket. Errors: as tls_connect.
asio::awaitable<std::unique_ptr<Link>> tls_accept(asio::ssl::context& context,
                                                  asio::ip::tcp::socket socket,
                                                  Deadlines deadlines);

}  // namespace cleave
