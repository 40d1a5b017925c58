// SIGINT and SIGTERM: the first abandons the round in flight and tells the peers, a second kills.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <functional>

#include "server/connection.h"

namespace cleave {

// Watches from construction until stop(). Not thread-safe: use from the I/O thread.
class InterruptWatch {
 public:
  InterruptWatch(
      asio::io_context& io, Server& server, std::function<void()> on_signal = [] {});
  void stop() { signals_.cancel(); }
  int signal() const { return signal_; }  // 0: none came

 private:
  void wait();

  asio::io_context& io_;
  asio::signal_set signals_;
  Server& server_;
  std::function<void()> on_signal_;
  int signal_ = 0;
};

}  // namespace cleave
