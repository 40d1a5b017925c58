// The server's door: accepts connections, shakes hands over mutual TLS, and lets in whom the roster
// names. A bad peer costs at most a log line and nothing else.
//
// Connections whose certificate is not known yet are bounded: one more displaces the oldest of
// them. Those of ids on the roster are bounded by their seats (seats.h).
#pragma once

#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <list>
#include <set>
#include <string>

#include "common/wire/tls_link.h"
#include "server/connection.h"

namespace cleave {

// A connection that is still served.
struct Guest {
  asio::cancellation_signal dismissal{};
  bool known = false;  // by a certificate of the roster
  bool asked_to_leave = false;
};

struct Door {
  asio::ssl::context& context;
  std::set<std::string> roster;
  Deadlines deadlines;
  Server& server;
  std::size_t max_unknown = 256;
  std::list<Guest> guests{};  // the oldest first
  std::size_t unknown = 0;    // of them, who have not been asked to leave
};

// How many unknown guests a server has room for: enough for its roster to arrive at once, and no
// more than half of the descriptors that the process may have.
std::size_t room_for_unknown(std::size_t roster, std::size_t descriptors);

// Opens the socket. Errors: UnavailableError when the address cannot be used.
asio::ip::tcp::acceptor open_acceptor(asio::io_context& io, const Address& address);

// Ends what is still served, handshakes among it. Federation's members are no guests any more.
void dismiss_guests(Door& door);

// Accepts until the acceptor is closed.
asio::awaitable<void> listen(asio::ip::tcp::acceptor& acceptor, Door& door);

}  // namespace cleave
