#include "server/connection.h"

#include <boost/asio/this_coro.hpp>
#include <vector>

#include "common/base/error.h"
#include "common/base/gather.h"
#include "common/base/log.h"
#include "common/exchange/messages.h"
#include "common/wire/deadline.h"
#include "common/wire/farewell.h"

namespace cleave {
namespace {

void check_hello(const Server& server, const Hello& hello, const std::string& id) {
  if (hello.model_hash != server.model_hash) {
    throw DataError(id + " holds another model: its hash is " +
                    hex(hello.model_hash).substr(0, 16) + "..., this server's " +
                    hex(server.model_hash).substr(0, 16) +
                    "...; make its slice again from this server's model with cleave slice");
  }
  if (hello.role == Role::kBody && hello.job_hash != server.job_hash) {
    throw DataError(id +
                    " follows another job than this body server: labels, cut or another key "
                    "differ; start coordinator and body with the same job file");
  }
}

asio::awaitable<void> serve_body_link(Server& server, std::shared_ptr<Link> link) {
  if (!server.body) throw ProtocolError("this server is a coordinator only; it has no body");
  const Seats::Sitting seat = server.seats.sit(Seat::kBody, link);
  const auto leave = [&] {
    server.closed_body_traffic += mirror(link->ledger());
    server.closed_body_tls += link->tls_bytes();
  };
  try {
    const HelloOk ok;
    co_await link->send(hello_ok_frame(ok));
    co_await serve_body(*server.body, *link);
  } catch (...) {
    leave();
    throw;
  }
  leave();
}

asio::awaitable<void> serve_predictor(Server& server, std::shared_ptr<Link> link) {
  const Seats::Sitting seat = server.seats.sit(Seat::kPredictor, link);
  if (!server.predictions) {
    throw UnavailableError(
        "this server trains and has no finished state to predict with; start it "
        "with --serve RUN_DIR");
  }
  const HelloOk ok{server.shared_job, server.body_address};
  co_await link->send(hello_ok_frame(ok));
  co_await link->send(state_frame(Kind::kEvalState, *server.predictions));
  co_await link->finish();
}

asio::awaitable<void> admit_client(Server& server, std::shared_ptr<Link> link, Role role) {
  if (!server.members) {
    throw ProtocolError(server.predictions
                            ? "this server has a finished run and only predicts (--serve); run "
                              "cleave-client with --predict FILE"
                            : "this server is a body only and runs no rounds; dial the "
                              "coordinator");
  }
  const Seats::Sitting seat = server.seats.sit(Seat::kJoining, link);
  const Deadline deadline(co_await asio::this_coro::executor, *link, server.ready_deadline,
                          "not ready within a round's deadline");
  link->allow(coordinator_limits(*server.form));
  const HelloOk ok{server.shared_job, server.body_address};
  co_await link->send(hello_ok_frame(ok));
  Member member;
  member.id = link->peer();
  member.role = role;
  member.ready = parse_ready(co_await receive_expected(*link, Kind::kReady, 0, 0));
  check_ready(member.ready, role, *server.claims, member.id);
  member.link = std::move(link);
  server.members->admit(std::move(member));
}

asio::awaitable<Hello> receive_hello(Server& server, std::shared_ptr<Link> link) {
  const Seats::Sitting seat = server.seats.sit(Seat::kHello, link);
  const Deadline deadline(co_await asio::this_coro::executor, *link, server.hello_deadline,
                          "no hello in time");
  co_return parse_hello(co_await receive_expected(*link, Kind::kHello, 0, 0));
}

asio::awaitable<void> dispatch(Server& server, std::shared_ptr<Link> link) {
  const Hello hello = co_await receive_hello(server, link);
  log_debug("hello from " + link->peer() + " program=\"" + hello.program + "\"");
  check_hello(server, hello, link->peer());
  switch (hello.role) {
    case Role::kBody:
      co_await serve_body_link(server, link);
      break;
    case Role::kPredictor:
      co_await serve_predictor(server, link);
      break;
    case Role::kClient:
    case Role::kEvaluator:
      co_await admit_client(server, link, hello.role);
      break;
  }
}

}  // namespace

asio::awaitable<void> serve_connection(Server& server, std::shared_ptr<Link> link) {
  std::string problem;
  Exit exit = Exit::kBug;
  const std::string peer = link->peer();
  try {
    co_await dispatch(server, link);
  } catch (const Error& error) {
    problem = error.what();
    exit = error.exit();
  } catch (const std::exception& error) {
    problem = std::string("internal error: ") + error.what();
  }
  if (problem.empty()) co_return;
  log_warn("refused " + peer + ": " + problem);
  co_await send_farewell(*link, exit, problem);
}

asio::awaitable<void> close_body_sessions(Server& server, const std::string& reason) {
  std::vector<asio::awaitable<bool>> farewells;
  for (const std::shared_ptr<Link>& link : server.seats.of(Seat::kBody)) {
    farewells.push_back(send_farewell(link, Exit::kUnavailable, reason));
  }
  co_await gather(std::move(farewells));
}

void cut_off(Server& server, const std::string& reason) {
  for (const std::shared_ptr<Link>& link : server.seats.all()) link->close(reason);
  if (server.members) server.members->cut_off(reason);
}

Ledger body_traffic(const Server& server) {
  Ledger sum = server.closed_body_traffic;
  for (const std::shared_ptr<Link>& link : server.seats.of(Seat::kBody)) {
    sum += mirror(link->ledger());
  }
  return sum;
}

}  // namespace cleave
