// The state of one TLS connection and what goes on in its background: frames are written, pings
// sent, and a peer that has gone silent is noticed. Frames are read by the link that owns it.
//
// Not thread-safe. The link and both coroutines share it, so it lives until the last of them ends.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "common/wire/link.h"
#include "common/wire/tls_context.h"

namespace cleave {

inline constexpr int kFrameSilences = 4;  // see tls_link.h

struct TlsConnection {
  using Clock = std::chrono::steady_clock;
  using FrameChannel =
      asio::experimental::channel<void(boost::system::error_code, std::shared_ptr<Frame>)>;

  // `dialled`: the host that a client asked for.
  TlsConnection(asio::ip::tcp::socket socket, asio::ssl::context& context, std::string dialled,
                std::chrono::milliseconds silence);

  // One direction's frame under way.
  struct Progress {
    Clock::time_point last = Clock::now(), begun = Clock::now();
    bool waiting = false;  // for a byte to move
    bool inside = false;   // of a frame

    void begin();
    bool stalled(Clock::time_point now, std::chrono::milliseconds silence) const;
    bool crawls(Clock::time_point now, std::chrono::milliseconds silence) const;
  };

  // Marks progress in one direction and lets a composed operation go on.
  static auto on_progress(Progress& progress) {
    return [&progress](const boost::system::error_code& error, std::size_t moved) -> std::size_t {
      progress.last = Clock::now();
      if (moved > 0 && !progress.inside) progress.begin();
      return error ? 0 : std::size_t{1} << 20;
    };
  }

  // Why the watchdog should end the connection; empty while all is well.
  std::string complaint() const;
  // Errors: ProtocolError above a rate that no link comes near.
  void count_ping();
  void close(const std::string& why);

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
  double pings_left;
  std::size_t unwritten = 0;  // frames that wait or are being written
  bool closed = false;
};

// An operation's error goes into `error`.
inline auto into(boost::system::error_code& error) {
  return asio::redirect_error(asio::use_awaitable, error);
}

// Writes what comes through the queue, a frame at a time, until the connection is closed.
asio::awaitable<void> write_frames(std::shared_ptr<TlsConnection> connection);

// Pings the peer at every third of its silence, and gives up when it has been silent for all of it.
asio::awaitable<void> watch(std::shared_ptr<TlsConnection> connection,
                            std::shared_ptr<LinkCounters> counters);

// Ends the connection so that everything written arrives: what the peer still sends is read and
// dropped until it ends too, since closing over unread bytes would destroy what it has not read.
asio::awaitable<void> part(std::shared_ptr<TlsConnection> connection);

}  // namespace cleave
