#include "common/wire/tls_link.h"

#include <openssl/bio.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/this_coro.hpp>
#include <cstring>
#include <span>
#include <tuple>
#include <utility>

#include "common/base/error.h"
#include "common/wire/tls_connection.h"

namespace cleave {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using Clock = TlsConnection::Clock;

constexpr std::chrono::seconds kShutdownDeadline{1};
constexpr std::size_t kFirstPiece = 1 << 20;  // of a payload's memory; doubled whenever it is full

class TlsLink : public Link {
 public:
  TlsLink(std::shared_ptr<TlsConnection> connection, std::string peer)
      : Link(std::move(peer)), connection_(std::move(connection)) {
    const auto executor = connection_->stream.get_executor();
    asio::co_spawn(executor, write_frames(connection_), asio::detached);
    asio::co_spawn(executor, watch(connection_, counters()), asio::detached);
  }
  ~TlsLink() override { connection_->close("closed by this program"); }

  asio::awaitable<void> finish() override {
    using namespace asio::experimental::awaitable_operators;
    const auto connection = connection_;
    co_await drain();  // first: a closed channel forgets what it holds
    connection->queue.close();
    connection->alarm.cancel();
    if (connection->closed) co_return;
    asio::steady_timer deadline(connection->stream.get_executor(), kShutdownDeadline);
    co_await (part(connection) || deadline.async_wait(asio::as_tuple(asio::use_awaitable)));
    connection->close("closed by this program");
  }

  asio::awaitable<void> drain() override {
    const auto connection = connection_;
    error_code woken;
    while (connection->unwritten > 0 && !connection->closed) {
      co_await connection->drained.async_wait(into(woken));
    }
  }

  void close(const std::string& reason) override { connection_->close(reason); }

  void allow_silence(std::chrono::milliseconds silence) {
    connection_->silence = silence;
    connection_->alarm.cancel();  // the watchdog may sleep for longer than the new one allows
  }

  TlsBytes tls_bytes() const override {
    SSL* const handle = connection_->stream.native_handle();
    return {BIO_number_written(SSL_get_wbio(handle)), BIO_number_read(SSL_get_rbio(handle))};
  }

 protected:
  asio::awaitable<void> do_send(Frame frame) override {
    error_code error;
    ++connection_->unwritten;
    co_await connection_->queue.async_send({}, std::make_shared<Frame>(std::move(frame)),
                                           into(error));
    if (error) {
      --connection_->unwritten;
      fail(error);
    }
  }

  asio::awaitable<Frame> do_receive(const FrameLimits& limits) override {
    const auto connection = connection_;
    std::array<std::byte, kHeaderBytes> header;
    connection->reading.inside = false;
    co_await read(*connection, header);
    Frame frame;
    frame.header = decode_header(header, limits);
    if (frame.header.kind == Kind::kPing) connection->count_ping();
    if (frame.header.payload_bytes > 0) {
      frame.payload = co_await read_payload(*connection, frame.header.payload_bytes);
    }
    connection->reading.inside = false;
    co_return frame;
  }

 private:
  // Memory is taken as bytes arrive: a header alone buys no more than kFirstPiece.
  asio::awaitable<Buffer> read_payload(TlsConnection& connection, std::size_t size) {
    Buffer payload(std::min(size, kFirstPiece));
    co_await read(connection, payload.bytes());
    while (payload.size() < size) {
      const std::size_t arrived = payload.size();
      Buffer larger(std::min(size, 2 * arrived));
      std::memcpy(larger.data(), payload.data(), arrived);
      payload = std::move(larger);
      co_await read(connection, payload.bytes().subspan(arrived));
    }
    co_return payload;
  }

  asio::awaitable<void> read(TlsConnection& connection, std::span<std::byte> bytes) {
    error_code error;
    connection.reading.waiting = true;
    connection.reading.last = Clock::now();
    co_await asio::async_read(connection.stream, asio::buffer(bytes.data(), bytes.size()),
                              TlsConnection::on_progress(connection.reading), into(error));
    connection.reading.waiting = false;
    if (error) fail(error);
  }

  [[noreturn]] void fail(const error_code& error) {
    const bool refused =
        !connection_->closed && error.category() == asio::error::get_ssl_category();
    if (!connection_->closed) {
      connection_->close(describe_tls_error(connection_->stream, error, connection_->dialled));
    }
    const std::string text = "lost " + peer() + ": " + connection_->reason;
    if (refused) throw PermissionError(text);
    throw UnavailableError(text);
  }

  std::shared_ptr<TlsConnection> connection_;
};

// The error of a part of the handshake; a connection that stalls is closed, not waited for.
asio::awaitable<error_code> in_time(asio::awaitable<std::tuple<error_code>> operation,
                                    Clock::time_point deadline, const std::string& who) {
  using namespace asio::experimental::awaitable_operators;
  asio::steady_timer timer(co_await asio::this_coro::executor, deadline);
  const auto done =
      co_await (std::move(operation) || timer.async_wait(asio::as_tuple(asio::use_awaitable)));
  if (done.index() == 1) throw UnavailableError(who + ": no TLS handshake in time");
  co_return std::get<0>(std::get<0>(done));
}

asio::awaitable<void> handshake(TlsConnection& connection,
                                asio::ssl::stream_base::handshake_type type,
                                Clock::time_point deadline, const std::string& who) {
  const error_code error = co_await in_time(
      connection.stream.async_handshake(type, asio::as_tuple(asio::use_awaitable)), deadline, who);
  if (!error) {
    check_protocol(connection.stream);
    co_return;
  }
  const std::string text =
      who + ": " + describe_tls_error(connection.stream, error, connection.dialled);
  if (error.category() == asio::error::get_ssl_category()) throw PermissionError(text);
  throw UnavailableError(text);
}

// A peer that says nothing costs a socket, and no memory of TLS.
asio::awaitable<void> first_byte(tcp::socket& socket, Clock::time_point deadline,
                                 const std::string& who) {
  const error_code error = co_await in_time(
      socket.async_wait(tcp::socket::wait_read, asio::as_tuple(asio::use_awaitable)), deadline,
      who);
  if (error) throw UnavailableError(who + ": " + error.message());
}

}  // namespace

asio::awaitable<std::unique_ptr<Link>> tls_connect(asio::ssl::context& context, Address address,
                                                   Deadlines deadlines) {
  tcp::socket socket = co_await dial(address, deadlines.connect);
  socket.set_option(tcp::no_delay(true));
  auto connection =
      std::make_shared<TlsConnection>(std::move(socket), context, address.host, deadlines.silence);
  expect_host(connection->stream, address.host);
  const std::string who = "server " + address.host + ":" + std::to_string(address.port);
  co_await handshake(*connection, asio::ssl::stream_base::client, Clock::now() + deadlines.connect,
                     who);
  const std::string id = peer_identity(connection->stream, TlsSide::kClient);
  co_return std::make_unique<TlsLink>(std::move(connection), id);
}

void allow_silence(Link& link, std::chrono::milliseconds silence) {
  if (auto* const tls = dynamic_cast<TlsLink*>(&link)) tls->allow_silence(silence);
}

asio::awaitable<std::unique_ptr<Link>> tls_accept(asio::ssl::context& context, tcp::socket socket,
                                                  Deadlines deadlines) {
  error_code error;
  const std::string who = "peer " + socket.remote_endpoint(error).address().to_string();
  socket.set_option(tcp::no_delay(true), error);
  const Clock::time_point deadline = Clock::now() + deadlines.connect;
  co_await first_byte(socket, deadline, who);
  auto connection =
      std::make_shared<TlsConnection>(std::move(socket), context, "", deadlines.silence);
  co_await handshake(*connection, asio::ssl::stream_base::server, deadline, who);
  const std::string id = peer_identity(connection->stream, TlsSide::kServer);
  co_return std::make_unique<TlsLink>(std::move(connection), id);
}

}  // namespace cleave
