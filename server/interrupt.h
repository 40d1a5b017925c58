// SIGINT and SIGTERM: the first abandons the round in flight and tells the peers, within a few
// seconds even where a peer no longer reads; a second kills.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>

#include "server/connection.h"

namespace cleave {

// Watches from construction until stop(). `on_told` is called when all peers were told, or could
// not be in time. Not thread-safe: use from the I/O thread.
class InterruptWatch {
 public:
  InterruptWatch(
      asio::io_context& io, Server& server, std::function<void()> on_told = [] {});
  void stop() { signals_.cancel(); }
  int signal() const { return signal_; }  // 0: none came

 private:
  void wait();
  void abandon();

  asio::io_context& io_;
  asio::signal_set signals_;
  Server& server_;
  std::function<void()> on_told_;
  asio::steady_timer patience_;
  int signal_ = 0;
};

}  // namespace cleave
