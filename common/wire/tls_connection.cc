#include "common/wire/tls_connection.h"

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/write.hpp>
#include <span>
#include <utility>

#include "common/base/error.h"
#include "common/wire/control.h"

namespace cleave {
namespace {

using boost::system::error_code;

constexpr double kPingsASecond = 100, kPingBurst = 1000;

}  // namespace

TlsConnection::TlsConnection(asio::ip::tcp::socket socket, asio::ssl::context& context,
                             std::string dialled_host, std::chrono::milliseconds allowed_silence)
    : silence(allowed_silence),
      stream(std::move(socket), context),
      queue(stream.get_executor()),
      alarm(stream.get_executor()),
      drained(stream.get_executor(), Clock::time_point::max()),
      dialled(std::move(dialled_host)),
      pings_left(kPingBurst) {}

void TlsConnection::Progress::begin() {
  last = begun = Clock::now();
  inside = true;
}

bool TlsConnection::Progress::stalled(Clock::time_point now,
                                      std::chrono::milliseconds silence) const {
  return waiting && now - last > silence;
}

bool TlsConnection::Progress::crawls(Clock::time_point now,
                                     std::chrono::milliseconds silence) const {
  return waiting && inside && now - begun > kFrameSilences * silence;
}

std::string TlsConnection::complaint() const {
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
void TlsConnection::count_ping() {
  const auto now = Clock::now();
  const std::chrono::duration<double> since = now - last_ping;
  last_ping = now;
  pings_left = std::min(kPingBurst, pings_left + since.count() * kPingsASecond) - 1;
  if (pings_left < 0) throw ProtocolError("the peer sends pings without end");
}

void TlsConnection::close(const std::string& why) {
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

asio::awaitable<void> write_frames(std::shared_ptr<TlsConnection> connection) {
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
                               TlsConnection::on_progress(connection->writing), into(error));
    connection->writing.waiting = false;
    if (error) {
      connection->close(describe_tls_error(connection->stream, error, connection->dialled));
      break;
    }
    if (--connection->unwritten == 0) connection->drained.cancel();
  }
}

asio::awaitable<void> watch(std::shared_ptr<TlsConnection> connection,
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

asio::awaitable<void> part(std::shared_ptr<TlsConnection> connection) {
  co_await connection->stream.async_shutdown(asio::as_tuple(asio::use_awaitable));
  auto& socket = connection->stream.next_layer();
  error_code error;
  socket.shutdown(asio::socket_base::shutdown_send, error);
  std::array<std::byte, 16 << 10> dropped;
  while (!error) co_await socket.async_read_some(asio::buffer(dropped), into(error));
}

}  // namespace cleave
