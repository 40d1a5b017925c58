// The server's door: accepts connections, shakes hands over mutual TLS, and lets in whom the roster
// names. A bad peer costs a log line and nothing else.
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <list>
#include <set>
#include <string>

#include "common/wire/tls_link.h"
#include "server/connection.h"

namespace cleave {

struct Door {
  asio::ssl::context& context;
  std::set<std::string> roster;
  Deadlines deadlines;
  Server& server;
  std::list<asio::cancellation_signal> guests{};  // one a connection that is still served
};

// Opens the socket. Errors: UnavailableError when the address cannot be used.
asio::ip::tcp::acceptor open_acceptor(asio::io_context& io, const Address& address);

// Ends what is still served, handshakes among it. Federation's members are no guests any more.
void dismiss_guests(Door& door);

// Accepts until the acceptor is closed.
asio::awaitable<void> listen(asio::ip::tcp::acceptor& acceptor, Door& door);

}  // namespace cleave
