// A peer that shakes hands over TLS and then does what no link would: the test writes its bytes.
#pragma once

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "common/wire/tls_link.h"

namespace cleave::testing {

class RawTlsPeer {
 public:
  // `context` as a client's; it need not be one that a link would have.
  RawTlsPeer(asio::io_context& io, asio::ssl::context& context) : stream_(io, context) {}

  // Dials and shakes hands. A failed handshake is the other side's to report.
  asio::awaitable<void> connect(std::uint16_t port) {
    const asio::ip::tcp::endpoint server(asio::ip::address_v4::loopback(), port);
    co_await stream_.lowest_layer().async_connect(server, asio::use_awaitable);
    boost::system::error_code refused;
    co_await stream_.async_handshake(asio::ssl::stream_base::client,
                                     asio::redirect_error(asio::use_awaitable, refused));
  }

  asio::awaitable<void> write(std::string bytes) {
    co_await asio::async_write(stream_, asio::buffer(bytes), asio::use_awaitable);
  }

 private:
  TlsStream stream_;
};

}  // namespace cleave::testing
