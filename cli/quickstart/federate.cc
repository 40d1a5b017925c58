#include "cli/quickstart/federate.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <list>

#include "cli/child.h"
#include "common/base/error.h"
#include "common/base/files.h"

namespace cleave {
namespace {

constexpr std::chrono::seconds kPatience{4};  // after a signal
constexpr std::chrono::seconds kGrace{2};     // after a client's failure

// All processes of one run. The first failure ends the others and is what is reported.
class Processes {
 public:
  Processes(fs::path programs, const Deployment& deployment, fs::path out,
            const std::function<void(const std::string&)>& on_line)
      : programs_(std::move(programs)),
        deployment_(deployment),
        out_(std::move(out)),
        on_line_(on_line) {}

  Federated run() {
    watch_signals();
    asio::co_spawn(io_, serve(), [this](std::exception_ptr bug) { server_left(bug); });
    io_.run();
    if (signal_ != 0) throw Interrupted(signal_);
    const bool ended_by_us = client_failure_ && server_code_ == static_cast<int>(Exit::kTerminated);
    if (server_failure_ && !ended_by_us) std::rethrow_exception(server_failure_);
    if (client_failure_) std::rethrow_exception(client_failure_);
    return std::move(result_);
  }

 private:
  asio::awaitable<void> serve() {
    std::vector<std::string> arguments = {deployment_.path("server.toml"), "--out", out_};
    for (const std::string& setting : deployment_.settings) {
      arguments.insert(arguments.end(), {"--set", setting});
    }
    server_.emplace(io_.get_executor(), programs_ / "cleave-server", arguments,
                    deployment_.path("logs/server.log"));
    const std::string announced = "listening on ";
    std::optional<std::string> held;  // the last line is not passed on
    while (auto line = co_await server_->next_line()) {
      if (line->starts_with(announced)) {
        start_clients(line->substr(announced.size()));
        continue;
      }
      if (held) on_line_(*held);
      held = std::move(line);
    }
    server_code_ = (co_await server_->wait()).code;
    if (server_code_ != 0) throw failure("cleave-server", *server_, server_code_);
  }

  void start_clients(const std::string& address) {
    write_client_files(deployment_, address);
    for (std::size_t k = 0; k < kQuickstartClients; ++k) {
      const std::string id = quickstart_client(k);
      Child& client =
          clients_.emplace_back(io_.get_executor(), programs_ / "cleave-client",
                                std::vector<std::string>{deployment_.path(id + ".toml")},
                                deployment_.path("logs/" + id + ".log"));
      asio::co_spawn(io_, follow(client, id), [this](std::exception_ptr bug) { client_left(bug); });
    }
  }

  asio::awaitable<void> follow(Child& client, std::string id) {
    const Ended ended = co_await client.wait();
    result_.client_peak_rss_mb.push_back(ended.peak_rss_mb);
    if (ended.code != 0) throw failure("cleave-client (" + id + ")", client, ended.code);
  }

  // The server goes on with the rest, or waits; here a lost client is a failure. It may as well be
  // the server that failed and told the client: then it ends by itself.
  void client_left(std::exception_ptr why) {
    if (why && !client_failure_) {
      client_failure_ = why;
      end_after(kGrace, SIGTERM);
    }
    if (++left_ == clients_.size() && server_gone_) all_left();
  }

  void server_left(std::exception_ptr why) {
    server_gone_ = true;
    server_failure_ = why;
    if (why) signal_all(SIGTERM);
    if (left_ == clients_.size()) all_left();
  }

  void all_left() {
    signals_.cancel();
    patience_.cancel();
  }

  void signal_all(int number) {
    if (server_) server_->signal(number);
    for (const Child& client : clients_) client.signal(number);
  }

  void end_after(std::chrono::seconds time, int number) {
    patience_.expires_after(time);
    patience_.async_wait([this, number](const boost::system::error_code& all_ended) {
      if (!all_ended) signal_all(number);
    });
  }

  // The server tells the clients; who has not ended in time is killed.
  void watch_signals() {
    signals_.async_wait([this](const boost::system::error_code& cancelled, int number) {
      if (cancelled) return;
      signal_ = number;
      if (server_) server_->signal(number);
      end_after(kPatience, SIGKILL);
      watch_signals();
    });
  }

  const fs::path programs_;
  const Deployment& deployment_;
  const fs::path out_;
  const std::function<void(const std::string&)>& on_line_;
  asio::io_context io_{1};
  asio::signal_set signals_{io_, SIGINT, SIGTERM};
  asio::steady_timer patience_{io_};
  std::optional<Child> server_;
  std::list<Child> clients_;
  std::size_t left_ = 0;
  bool server_gone_ = false;
  int signal_ = 0, server_code_ = 0;
  std::exception_ptr server_failure_, client_failure_;
  Federated result_;
};

}  // namespace

Federated federate(const fs::path& programs, const Deployment& deployment, const fs::path& out,
                   const std::function<void(const std::string&)>& on_line) {
  return Processes(programs, deployment, out, on_line).run();
}

}  // namespace cleave
