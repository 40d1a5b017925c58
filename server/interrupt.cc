#include "server/interrupt.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <csignal>
#include <cstdlib>

#include "common/base/log.h"

namespace cleave {
namespace {

asio::awaitable<void> abandon(Server& server, std::string reason) {
  co_await close_body_sessions(server, reason);
  if (server.federation) co_await server.federation->abandon(reason);
}

}  // namespace

InterruptWatch::InterruptWatch(asio::io_context& io, Server& server,
                               std::function<void()> on_signal)
    : io_(io), signals_(io, SIGINT, SIGTERM), server_(server), on_signal_(std::move(on_signal)) {
  wait();
}

void InterruptWatch::wait() {
  signals_.async_wait([this](const boost::system::error_code& cancelled, int number) {
    if (cancelled) return;
    if (signal_ != 0) std::_Exit(128 + number);
    signal_ = number;
    log_warn("interrupted: the round in flight is abandoned; a second signal kills");
    on_signal_();
    asio::co_spawn(io_, abandon(server_, "the server was interrupted"), asio::detached);
    wait();
  });
}

}  // namespace cleave
