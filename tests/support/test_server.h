// A server of the tiny job with hand-driven clients on memory links.
#pragma once

#include <boost/asio/detached.hpp>

#include "client/session.h"
#include "common/model/threads.h"
#include "server/connection.h"
#include "server/coordinator/federation.h"
#include "tests/support/run_coroutine.h"
#include "tests/support/tiny_job.h"

namespace cleave::testing {

struct TestServer {
  explicit TestServer(const Job& job,
                      std::optional<std::chrono::milliseconds> round_deadline = std::nullopt)
      : inputs(tiny_inputs(job)),
        lane(1, use_one_blas_thread),
        slots(io.get_executor(), 4),
        copies(inputs.parts, inputs.job),
        service{copies, inputs.parts.form, lane, slots},
        members(io.get_executor()),
        federation(members, inputs.job, inputs.parts, &copies, lane, round_deadline) {
    server.shared_job = shared_job_toml(job);
    server.job_hash = job_hash(server.shared_job);
    server.model_hash = sha256("the model");
    server.form = &inputs.parts.initial;
    server.members = &members;
    server.claims = &federation.claims();
    server.body = &service;
  }

  // The client's end of a fresh connection.
  std::unique_ptr<Link> connect(const std::string& id) {
    LinkPair pair = make_memory_links(io.get_executor(), "server", id);
    asio::co_spawn(io, serve_connection(server, std::move(pair.b)), asio::detached);
    return std::move(pair.a);
  }
  // A connection that has joined the body.
  asio::awaitable<std::unique_ptr<Link>> connect_body(const std::string& id) {
    auto link = connect(id);
    co_await join(*link, Role::kBody, server.model_hash, server.job_hash);
    link->allow(body_limits(inputs.parts.form));
    co_return link;
  }

  asio::io_context io{1};
  JobInputs inputs;
  Lane lane;
  Slots slots;
  BodyCopies copies;
  BodyService service;
  Members members;
  Federation federation;
  Server server;
};

// What a task's failure says; "" when it does not fail.
inline std::string failure_of(asio::io_context& io, asio::awaitable<void> task, Exit& exit) {
  try {
    run(io, std::move(task));
  } catch (const Error& error) {
    exit = error.exit();
    return error.what();
  }
  return {};
}

}  // namespace cleave::testing
