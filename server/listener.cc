#include "server/listener.h"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/wire/farewell.h"
#include "server/descriptors.h"

namespace cleave {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

std::string not_invited(const std::string& id) {
  return id +
         " is not on the roster; add it to server.roster, or use the certificate of a client "
         "that is";
}

using GuestPosition = std::list<Guest>::iterator;

// From now on the guest counts as unknown no more.
void recognise(Door& door, Guest& guest) {
  if (!guest.known && !guest.asked_to_leave) --door.unknown;
  guest.known = true;
}

void refuse_stranger(Door& door, const std::string& text) {
  if (const auto line = door.server.refusals.note("", "refused " + text)) log_warn(*line);
}

// Makes room for a newcomer: whoever has been unknown for longest goes.
void dismiss_oldest_unknown(Door& door) {
  for (Guest& guest : door.guests) {
    if (guest.known || guest.asked_to_leave) continue;
    guest.asked_to_leave = true;
    --door.unknown;
    guest.dismissal.emit(asio::cancellation_type::terminal);
    return;
  }
}

asio::awaitable<void> let_in(tcp::socket socket, Door& door, GuestPosition guest) {
  // Dismissal ends operations with an error, like any other loss of the peer.
  co_await asio::this_coro::throw_if_cancelled(false);
  std::shared_ptr<Link> link;
  std::string problem;
  try {
    link = co_await tls_accept(door.context, std::move(socket), door.deadlines);
    if (!door.roster.contains(link->peer())) problem = not_invited(link->peer());
  } catch (const Error& error) {
    refuse_stranger(door, error.what());
    co_return;
  }
  if (!problem.empty()) {
    refuse_stranger(door, problem);
    co_await send_farewell(*link, Exit::kPermission, problem);
    co_return;
  }
  recognise(door, *guest);
  co_await serve_connection(door.server, std::move(link));
}

void receive_guest(tcp::acceptor& acceptor, tcp::socket socket, Door& door) {
  if (door.unknown >= door.max_unknown) dismiss_oldest_unknown(door);
  const auto guest = door.guests.emplace(door.guests.end());
  ++door.unknown;
  asio::co_spawn(
      acceptor.get_executor(), let_in(std::move(socket), door, guest),
      asio::bind_cancellation_slot(guest->dismissal.slot(), [&door, guest](std::exception_ptr) {
        recognise(door, *guest);
        door.guests.erase(guest);
      }));
}

}  // namespace

tcp::acceptor open_acceptor(asio::io_context& io, const Address& address) {
  const std::string name = address.host + ":" + std::to_string(address.port);
  error_code error;
  tcp::resolver resolver(io);
  const auto endpoints =
      resolver.resolve(address.host, std::to_string(address.port), tcp::resolver::passive, error);
  if (error) throw UnavailableError("cannot listen on " + name + ": " + error.message());
  const tcp::endpoint endpoint = *endpoints.begin();
  tcp::acceptor acceptor(io);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    throw UnavailableError("cannot listen on " + name + ": " + error.message() +
                           "; is another server running there? (server.listen)");
  }
  return acceptor;
}

std::size_t room_for_unknown(std::size_t roster, std::size_t descriptors) {
  constexpr std::size_t kAtLeast = 256;
  return std::min(kAtLeast + 2 * roster, descriptors / 2);
}

void dismiss_guests(Door& door) {
  for (Guest& guest : door.guests) guest.dismissal.emit(asio::cancellation_type::terminal);
}

asio::awaitable<void> listen(tcp::acceptor& acceptor, Door& door) {
  SpareDescriptor spare;
  while (acceptor.is_open()) {
    error_code error;
    tcp::socket socket =
        co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!acceptor.is_open()) co_return;
    if (!error) {
      receive_guest(acceptor, std::move(socket), door);
      continue;
    }
    refuse_stranger(door, "a connection: " + error.message());
    dismiss_oldest_unknown(door);
    if (spare.turn_away(acceptor)) continue;
    asio::steady_timer pause(acceptor.get_executor(), std::chrono::milliseconds(100));
    co_await pause.async_wait(asio::use_awaitable);
  }
}

}  // namespace cleave
