// A TCP connection to an address. It knows nothing of TLS and of what is said.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <string>

namespace cleave {

namespace asio = boost::asio;

struct Address {
  std::string host;
  std::uint16_t port = 0;
};

// "host:port" or "[v6]:port". Errors: DataError.
Address parse_address(const std::string& text);

// Tries until `patience` has passed, for a server that is still starting.
// Errors: UnavailableError naming the address.
asio::awaitable<asio::ip::tcp::socket> dial(const Address& address,
                                            std::chrono::milliseconds patience);

}  // namespace cleave
