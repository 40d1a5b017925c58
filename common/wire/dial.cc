#include "common/wire/dial.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "common/base/error.h"

namespace cleave {

using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

Address parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const std::string host = text.substr(0, colon);
  const std::string port = colon == std::string::npos ? "" : text.substr(colon + 1);
  const bool digits = !port.empty() && port.size() <= 5 &&
                      port.find_first_not_of("0123456789") == std::string::npos;
  if (host.empty() || !digits || std::stoul(port) > 65535) {
    throw DataError("\"" + text + "\" is not an address; expected host:port, e.g. 10.0.0.1:7443");
  }
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  return {bracketed ? host.substr(1, host.size() - 2) : host,
          static_cast<std::uint16_t>(std::stoul(port))};
}

asio::awaitable<tcp::socket> dial(const Address& address, std::chrono::milliseconds patience) {
  const auto executor = co_await asio::this_coro::executor;
  const std::string name = address.host + ":" + std::to_string(address.port);
  const auto give_up = Clock::now() + patience;
  asio::steady_timer patience_ends(executor, give_up);
  tcp::resolver resolver(executor);
  for (auto pause = std::chrono::milliseconds(50);; pause *= 2) {
    error_code error;
    const auto endpoints =
        co_await resolver.async_resolve(address.host, std::to_string(address.port),
                                        asio::redirect_error(asio::use_awaitable, error));
    tcp::socket socket(executor);
    if (!error) {
      // A host that drops what it is sent would be tried for minutes.
      using namespace asio::experimental::awaitable_operators;
      const auto done =
          co_await (asio::async_connect(socket, endpoints, asio::as_tuple(asio::use_awaitable)) ||
                    patience_ends.async_wait(asio::as_tuple(asio::use_awaitable)));
      error = done.index() == 0 ? std::get<0>(std::get<0>(done)) : asio::error::timed_out;
    }
    if (!error) co_return socket;
    if (Clock::now() + pause > give_up) {
      throw UnavailableError("cannot reach " + name + ": " + error.message() +
                             "; is cleave-server running there?");
    }
    asio::steady_timer timer(executor, pause);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace cleave
