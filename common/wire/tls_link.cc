#include "common/wire/tls_link.h"

#include <openssl/bio.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <span>
#include <utility>

#include "common/base/error.h"
#include "common/wire/control.h"

namespace cleave {
namespace {

using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using FrameChannel = asio::experimental::channel<void(error_code, std::shared_ptr<Frame>)>;

constexpr std::chrono::seconds kShutdownDeadline{1};
constexpr std::size_t kFirstPiece = 1 << 20;  // of a payload's memory; doubled whenever it is full
constexpr double kPingsASecond = 100, kPingBurst = 1000;

auto into(error_code& error) { return asio::redirect_error(asio::use_awaitable, error); }

// What the link and its two background coroutines (writer, watchdog) share.
struct Connection {
  Connection(tcp::socket socket, asio::ssl::context& context, std::string dialled_host,
             std::chrono::milliseconds allowed_silence)
      : silence(allowed_silence),
        stream(std::move(socket), context),
        queue(stream.get_executor()),
        alarm(stream.get_executor()),
        drained(stream.get_executor(), Clock::time_point::max()),
        dialled(std::move(dialled_host)) {}

  // One direction's frame under way.
  struct Progress {
    Clock::time_point last = Clock::now(), begun = Clock::now();
    bool waiting = false;  // for a byte to move
    bool inside = false;   // of a frame

    void begin() {
      last = begun = Clock::now();
      inside = true;
    }
    bool stalled(Clock::time_point now, std::chrono::milliseconds silence) const {
      return waiting && now - last > silence;
    }
    bool crawls(Clock::time_point now, std::chrono::milliseconds silence) const {
      return waiting && inside && now - begun > kFrameSilences * silence;
    }
  };

  // Marks progress in one direction and lets a composed operation go on.
  static auto on_progress(Progress& progress) {
    return [&progress](const error_code& error, std::size_t moved) -> std::size_t {
      progress.last = Clock::now();
      if (moved > 0 && !progress.inside) progress.begin();
      return error ? 0 : std::size_t{1} << 20;
    };
  }

  // Why the watchdog should end the connection; empty while all is well.
  std::string complaint() const {
    const auto now = Clock::now();
    const auto seconds = [](std::chrono::milliseconds time) {
      return std::to_string(time.count() / 1000.0).substr(0, 5) + " s";
    };
    if (reading.stalled(now, silence) || writing.stalled(now, silence)) {
      return "silent for " + seconds(silence);
    }
    if (reading.crawls(now, silence) || writing.crawls(now, silence)) {
      return "a frame was unfinished after " + seconds(kFrameSilences * silence);
    }
    return {};
  }

  // A bucket that empties by a ping and fills with time.
  void count_ping() {
    const auto now = Clock::now();
    const std::chrono::duration<double> since = now - last_ping;
    last_ping = now;
    pings_left = std::min(kPingBurst, pings_left + since.count() * kPingsASecond) - 1;
    if (pings_left < 0) throw ProtocolError("the peer sends pings without end");
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

  std::chrono::milliseconds silence;
  TlsStream stream;
  // Holds none: a sender waits for its turn, so who never reads costs two frames.
  FrameChannel queue;
  asio::steady_timer alarm;    // the watchdog's
  asio::steady_timer drained;  // cancelled whenever the writer has written everything
  std::string dialled;
  std::string reason;
  // Apart, since our own pings leave even when the peer has gone silent.
  Progress reading, writing;
  Clock::time_point last_ping = Clock::now();
  double pings_left = kPingBurst;
  std::size_t unwritten = 0;  // frames that wait or are being written
  bool closed = false;
};

asio::awaitable<void> write_frames(std::shared_ptr<Connection> connection) {
  for (;;) {
    error_code error;
    const auto frame = co_await connection->queue.async_receive(into(error));
    if (error) break;
    const std::span<std::byte> bytes = frame->payload.with_headroom();
    encode_header(frame->header, bytes.first<kHeaderBytes>());
    connection->writing.begin();
    connection->writing.waiting = true;
    // One contiguous buffer a frame: a buffer sequence would become one TLS record each.
    co_await asio::async_write(connection->stream, asio::buffer(bytes.data(), bytes.size()),
                               Connection::on_progress(connection->writing), into(error));
    connection->writing.waiting = false;
    if (error) {
      connection->close(describe_tls_error(connection->stream, error, connection->dialled));
      break;
    }
    if (--connection->unwritten == 0) connection->drained.cancel();
  }
}

// Pings the peer at every third of its silence, and gives up when it has been silent for all of it.
asio::awaitable<void> watch(std::shared_ptr<Connection> connection,
                            std::shared_ptr<LinkCounters> counters) {
  while (!connection->closed && connection->queue.is_open()) {
    error_code error;
    connection->alarm.expires_after(connection->silence / 3);
    co_await connection->alarm.async_wait(into(error));
    if (connection->closed || !connection->queue.is_open()) break;
    if (const std::string why = connection->complaint(); !why.empty()) {
      connection->close(why);
      break;
    }
    // While another frame is written there is traffic enough. The frame counts only if it was
    // taken.
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
  TlsLink(std::shared_ptr<Connection> connection, std::string peer)
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
  asio::awaitable<Buffer> read_payload(Connection& connection, std::size_t size) {
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

  asio::awaitable<void> read(Connection& connection, std::span<std::byte> bytes) {
    error_code error;
    connection.reading.waiting = true;
    connection.reading.last = Clock::now();
    co_await asio::async_read(connection.stream, asio::buffer(bytes.data(), bytes.size()),
                              Connection::on_progress(connection.reading), into(error));
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

}  // namespace

asio::awaitable<std::unique_ptr<Link>> tls_connect(asio::ssl::context& context, Address address,
                                                   Deadlines deadlines) {
  tcp::socket socket = co_await dial(address, deadlines.connect);
  socket.set_option(tcp::no_delay(true));
  auto connection =
      std::make_shared<Connection>(std::move(socket), context, address.host, deadlines.silence);
  expect_host(connection->stream, address.host);
  const std::string who = "server " + address.host + ":" + std::to_string(address.port);
  co_await handshake(*connection, asio::ssl::stream_base::client, deadlines.connect, who);
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
  auto connection = std::make_shared<Connection>(std::move(socket), context, "", deadlines.silence);
  co_await handshake(*connection, asio::ssl::stream_base::server, deadlines.connect, who);
  const std::string id = peer_identity(connection->stream, TlsSide::kServer);
  co_return std::make_unique<TlsLink>(std::move(connection), id);
}

}  // namespace cleave
