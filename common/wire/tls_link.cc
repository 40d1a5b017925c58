#include "common/wire/tls_link.h"

#include <openssl/bio.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "common/base/error.h"
#include "common/wire/control.h"

namespace cleave {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using FrameChannel = asio::experimental::channel<void(error_code, std::shared_ptr<Frame>)>;

constexpr std::size_t kQueuedFrames = 4;
constexpr std::chrono::seconds kShutdownDeadline{1};

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

// What the link and its two background coroutines (writer, watchdog) share.
struct Connection {
  Connection(tcp::socket socket, asio::ssl::context& context, std::string dialled_host)
      : stream(std::move(socket), context),
        queue(stream.get_executor(), kQueuedFrames),
        alarm(stream.get_executor()),
        drained(stream.get_executor(), Clock::time_point::max()),
        dialled(std::move(dialled_host)) {}

  // Marks progress in one direction and lets a composed operation go on.
  static auto on_progress(Clock::time_point& last) {
    return [&last](const error_code& error, std::size_t) -> std::size_t {
      last = Clock::now();
      return error ? 0 : std::size_t{1} << 20;
    };
  }

  void close(const std::string& why) {
    if (closed) return;
    closed = true;
    reason = why;
    queue.cancel();  // first: a closed channel takes senders that wait for receivers
    queue.close();
    alarm.cancel();
    drained.cancel();
    error_code ignored;
    stream.lowest_layer().close(ignored);
  }

  TlsStream stream;
  FrameChannel queue;
  asio::steady_timer alarm;    // the watchdog's
  asio::steady_timer drained;  // cancelled whenever the writer has written everything
  std::string dialled;
  std::string reason;
  // Apart, since our own pings leave even when the peer has gone silent.
  Clock::time_point last_read = Clock::now(), last_written = Clock::now();
  std::size_t unwritten = 0;  // frames that wait or are being written
  bool receiving = false;
  bool writing = false;
  bool closed = false;
};

asio::awaitable<void> write_frames(std::shared_ptr<Connection> connection) {
  for (;;) {
    error_code error;
    const auto frame = co_await connection->queue.async_receive(into(error));
    if (error) break;
    const std::span<std::byte> bytes = frame->payload.with_headroom();
    encode_header(frame->header, bytes.first<kHeaderBytes>());
    connection->writing = true;
    connection->last_written = Clock::now();
    // One contiguous buffer a frame: a buffer sequence would become one TLS record each.
    co_await asio::async_write(connection->stream, asio::buffer(bytes.data(), bytes.size()),
                               Connection::on_progress(connection->last_written), into(error));
    connection->writing = false;
    if (error) {
      connection->close(describe_tls_error(connection->stream, error, connection->dialled));
      break;
    }
    if (--connection->unwritten == 0) connection->drained.cancel();
  }
}

// Pings the peer at every third of `silence`, and gives up when it has been silent for all of it.
asio::awaitable<void> watch(std::shared_ptr<Connection> connection,
                            std::shared_ptr<LinkCounters> counters,
                            std::chrono::milliseconds silence) {
  while (!connection->closed && connection->queue.is_open()) {
    error_code error;
    connection->alarm.expires_after(silence / 3);
    co_await connection->alarm.async_wait(into(error));
    if (connection->closed || !connection->queue.is_open()) break;
    const auto now = Clock::now();
    if ((connection->receiving && now - connection->last_read > silence) ||
        (connection->writing && now - connection->last_written > silence)) {
      connection->close("silent for " + std::to_string(silence.count() / 1000.0).substr(0, 5) +
                        " s");
      break;
    }
    // With a full queue there is traffic enough. The frame counts only if it was taken.
    LinkCounters next = *counters;
    auto ping = std::make_shared<Frame>(ping_frame());
    next.stamp(*ping);
    if (connection->queue.try_send(error_code(), std::move(ping))) {
      *counters = next;
      ++connection->unwritten;
    }
  }
}

class TlsLink : public Link {
 public:
  TlsLink(std::shared_ptr<Connection> connection, std::string peer,
          std::chrono::milliseconds silence)
      : Link(std::move(peer)), connection_(std::move(connection)) {
    const auto executor = connection_->stream.get_executor();
    asio::co_spawn(executor, write_frames(connection_), asio::detached);
    asio::co_spawn(executor, watch(connection_, counters(), silence), asio::detached);
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
    co_await (connection->stream.async_shutdown(asio::as_tuple(asio::use_awaitable)) ||
              deadline.async_wait(asio::as_tuple(asio::use_awaitable)));
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
    co_await read(*connection, asio::buffer(header));
    Frame frame;
    frame.header = decode_header(header, limits);
    if (frame.header.payload_bytes > 0) {
      frame.payload = Buffer(frame.header.payload_bytes);
      co_await read(*connection, asio::buffer(frame.payload.data(), frame.payload.size()));
    }
    co_return frame;
  }

 private:
  asio::awaitable<void> read(Connection& connection, asio::mutable_buffer into_buffer) {
    error_code error;
    connection.receiving = true;
    connection.last_read = Clock::now();
    co_await asio::async_read(connection.stream, into_buffer,
                              Connection::on_progress(connection.last_read), into(error));
    connection.receiving = false;
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

  std::shared_ptr<Connection> connection_;
};

// The handshake under a deadline; a connection that stalls is closed, not waited for.
asio::awaitable<void> handshake(Connection& connection, asio::ssl::stream_base::handshake_type type,
                                std::chrono::milliseconds deadline, const std::string& who) {
  using namespace asio::experimental::awaitable_operators;
  asio::steady_timer timer(connection.stream.get_executor(), deadline);
  const auto done =
      co_await (connection.stream.async_handshake(type, asio::as_tuple(asio::use_awaitable)) ||
                timer.async_wait(asio::as_tuple(asio::use_awaitable)));
  if (done.index() == 1) throw UnavailableError(who + ": no TLS handshake in time");
  const error_code error = std::get<0>(std::get<0>(done));
  if (!error) {
    check_protocol(connection.stream);
    co_return;
  }
  const std::string text =
      who + ": " + describe_tls_error(connection.stream, error, connection.dialled);
  if (error.category() == asio::error::get_ssl_category()) throw PermissionError(text);
  throw UnavailableError(text);
}

asio::awaitable<tcp::socket> dial(const Address& address, std::chrono::milliseconds patience) {
  const auto executor = co_await asio::this_coro::executor;
  const std::string name = address.host + ":" + std::to_string(address.port);
  const auto give_up = Clock::now() + patience;
  tcp::resolver resolver(executor);
  for (auto pause = std::chrono::milliseconds(50);; pause *= 2) {
    error_code error;
    const auto endpoints =
        co_await resolver.async_resolve(address.host, std::to_string(address.port), into(error));
    tcp::socket socket(executor);
    if (!error) co_await asio::async_connect(socket, endpoints, into(error));
    if (!error) co_return socket;
    if (Clock::now() + pause > give_up) {
      throw UnavailableError("cannot reach " + name + ": " + error.message() +
                             "; is cleave-server running there?");
    }
    asio::steady_timer timer(executor, pause);
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace

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

asio::awaitable<std::unique_ptr<Link>> tls_connect(asio::ssl::context& context, Address address,
                                                   Deadlines deadlines) {
  tcp::socket socket = co_await dial(address, deadlines.connect);
  socket.set_option(tcp::no_delay(true));
  auto connection = std::make_shared<Connection>(std::move(socket), context, address.host);
  expect_host(connection->stream, address.host);
  const std::string who = "server " + address.host + ":" + std::to_string(address.port);
  co_await handshake(*connection, asio::ssl::stream_base::client, deadlines.connect, who);
  const std::string id = peer_identity(connection->stream, TlsSide::kClient);
  co_return std::make_unique<TlsLink>(std::move(connection), id, deadlines.silence);
}

asio::awaitable<std::unique_ptr<Link>> tls_accept(asio::ssl::context& context, tcp::socket socket,
                                                  Deadlines deadlines) {
  error_code error;
  const std::string who = "peer " + socket.remote_endpoint(error).address().to_string();
  socket.set_option(tcp::no_delay(true), error);
  auto connection = std::make_shared<Connection>(std::move(socket), context, "");
  co_await handshake(*connection, asio::ssl::stream_base::server, deadlines.connect, who);
  const std::string id = peer_identity(connection->stream, TlsSide::kServer);
  co_return std::make_unique<TlsLink>(std::move(connection), id, deadlines.silence);
}

}  // namespace cleave
