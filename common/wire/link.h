// One end of a connection that carries frames in order: the only transport seam. It moves bytes,
// numbers and counts them; it knows no tensors and not which frame may follow which.
//
// One coroutine receives; any may send, and all sends go through one bounded queue. Not
// thread-safe: use from its executor's thread. Memory bound: the queue's frames plus one.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "common/wire/frame.h"
#include "common/wire/ledger.h"

namespace cleave {

namespace asio = boost::asio;

// TLS bytes of a connection, counted below the TLS stream; zero on a memory link.
struct TlsBytes {
  std::uint64_t sent = 0;
  std::uint64_t received = 0;

  TlsBytes& operator+=(const TlsBytes& other) {
    sent += other.sent;
    received += other.received;
    return *this;
  }
};

// What has passed through a link, shared with the transport so that it can add its own pings.
struct LinkCounters {
  Ledger ledger;
  std::uint32_t next_sent = 0;
  std::uint32_t next_received = 0;

  // Numbers a frame that is about to leave and counts it.
  void stamp(Frame& frame);
};

class Link {
 public:
  virtual ~Link() = default;

  // Counts and queues one frame; waits while the queue is full.
  // Errors: UnavailableError when the link is closed or the peer is gone.
  asio::awaitable<void> send(Frame frame);

  // The next frame that is not a ping. Errors: UnavailableError when the peer is gone or silent,
  // ProtocolError for bytes that break the protocol, and what an `error` frame says.
  asio::awaitable<Frame> receive();

  // Waits until everything sent has left, or the link is closed.
  virtual asio::awaitable<void> drain() { co_return; }

  // Drains, then closes in an orderly way.
  virtual asio::awaitable<void> finish() = 0;

  // Closes now; pending and later calls fail with `reason`. Idempotent.
  virtual void close(const std::string& reason) = 0;

  virtual TlsBytes tls_bytes() const { return {}; }

  const Ledger& ledger() const { return counters_->ledger; }
  const std::string& peer() const { return peer_; }
  void allow(const FrameLimits& limits) { limits_ = limits; }

 protected:
  explicit Link(std::string peer) : peer_(std::move(peer)) {}

  virtual asio::awaitable<void> do_send(Frame frame) = 0;
  // `limits` holds until the returned frame has been received.
  virtual asio::awaitable<Frame> do_receive(const FrameLimits& limits) = 0;

  const std::shared_ptr<LinkCounters>& counters() const { return counters_; }

 private:
  std::string peer_;  // the certificate's id, or a name in tests and simulations
  FrameLimits limits_ = FrameLimits::control_only();
  std::shared_ptr<LinkCounters> counters_ = std::make_shared<LinkCounters>();
};

// Receives one frame and insists on its kind, round and step.
asio::awaitable<Frame> receive_expected(Link& link, Kind kind, std::uint32_t round,
                                        std::uint32_t step);

}  // namespace cleave
