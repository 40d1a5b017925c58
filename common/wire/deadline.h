// Ends a wait on a peer: closes a link when its time is up, whatever pings came meanwhile. What is
// pending on the link then fails with the reason.
//
// Holds while it is in scope; the link must outlive it. Not thread-safe: use from the link's
// executor. Destroying it disarms it.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <memory>
#include <string>

#include "common/wire/link.h"

namespace cleave {

class Deadline {
 public:
  // A time of 0 never comes, as in simulations.
  Deadline(const asio::any_io_executor& executor, Link& link, std::chrono::milliseconds time,
           std::string reason)
      : timer_(executor), armed_(std::make_shared<bool>(true)) {
    if (time == std::chrono::milliseconds::zero()) return;
    timer_.expires_after(time);
    timer_.async_wait(
        [&link, armed = armed_, why = std::move(reason)](const boost::system::error_code&) {
          if (*armed) link.close(why);
        });
  }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;
  ~Deadline() { *armed_ = false; }

 private:
  asio::steady_timer timer_;
  std::shared_ptr<bool> armed_;  // read by a wait that has ended but not run yet
};

}  // namespace cleave
