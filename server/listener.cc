#include "server/listener.h"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/wire/farewell.h"

namespace cleave {
namespace {

using asio::ip::tcp;
using boost::system::error_code;

std::string not_invited(const std::string& id) {
  return id +
         " is not on the roster; add it to server.roster, or use the certificate of a client "
         "that is";
}

asio::awaitable<void> let_in(tcp::socket socket, Door& door) {
  // Dismissal ends operations with an error, like any other loss of the peer.
  co_await asio::this_coro::throw_if_cancelled(false);
  std::shared_ptr<Link> link;
  std::string problem;
  try {
    link = co_await tls_accept(door.context, std::move(socket), door.deadlines);
    if (!door.roster.contains(link->peer())) problem = not_invited(link->peer());
  } catch (const Error& error) {
    log_warn(std::string("refused ") + error.what());
    co_return;
  }
  if (!problem.empty()) {
    log_warn("refused: " + problem);
    co_await send_farewell(*link, Exit::kPermission, problem);
    co_return;
  }
  co_await serve_connection(door.server, std::move(link));
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

void dismiss_guests(Door& door) {
  for (asio::cancellation_signal& guest : door.guests) {
    guest.emit(asio::cancellation_type::terminal);
  }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor, Door& door) {
  while (acceptor.is_open()) {
    error_code error;
    tcp::socket socket =
        co_await acceptor.async_accept(asio::redirect_error(asio::use_awaitable, error));
    if (!acceptor.is_open()) co_return;
    if (error) {
      // Out of descriptors, most likely: give sessions time to end.
      log_warn("cannot accept: " + error.message());
      asio::steady_timer pause(acceptor.get_executor(), std::chrono::seconds(1));
      co_await pause.async_wait(asio::use_awaitable);
      continue;
    }
    const auto guest = door.guests.emplace(door.guests.end());
    asio::co_spawn(acceptor.get_executor(), let_in(std::move(socket), door),
                   asio::bind_cancellation_slot(guest->slot(), [&door, guest](std::exception_ptr) {
                     door.guests.erase(guest);
                   }));
  }
}

}  // namespace cleave
