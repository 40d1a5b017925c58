#include "server/interrupt.h"

#include <boost/asio/co_spawn.hpp>
#include <csignal>
#include <cstdlib>

#include "common/base/log.h"

namespace cleave {
namespace {

constexpr std::chrono::seconds kPatience{3};
constexpr const char* kReason = "the server was interrupted";

asio::awaitable<void> tell_all(Server& server) {
  co_await close_body_sessions(server, kReason);
  if (server.members) co_await server.members->abandon(kReason);
}

}  // namespace

InterruptWatch::InterruptWatch(asio::io_context& io, Server& server, std::function<void()> on_told)
    : io_(io),
      signals_(io, SIGINT, SIGTERM),
      server_(server),
      on_told_(std::move(on_told)),
      patience_(io, kPatience) {
  wait();
}

void InterruptWatch::wait() {
  signals_.async_wait([this](const boost::system::error_code& cancelled, int number) {
    if (cancelled) return;
    if (signal_ != 0) std::_Exit(128 + number);
    signal_ = number;
    log_warn("interrupted: the round in flight is abandoned; a second signal kills");
    abandon();
    wait();
  });
}

void InterruptWatch::abandon() {
  patience_.expires_after(kPatience);
  patience_.async_wait([this](const boost::system::error_code& all_told) {
    if (all_told) return;
    cut_off(server_, kReason);
    on_told_();
  });
  asio::co_spawn(io_, tell_all(server_), [this](std::exception_ptr) {
    patience_.cancel();
    on_told_();
  });
}

}  // namespace cleave
