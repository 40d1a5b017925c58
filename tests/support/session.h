// A client's session with a test server as the program runs it, over links that may spoil frames.
#pragma once

#include <functional>

#include "tests/support/spoiled_link.h"
#include "tests/support/test_server.h"

namespace cleave::testing {

// What a session, or a job, has failed with; "" where it ended in good order.
inline std::string text_of(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const std::exception& error) {
    return error.what();
  }
  return {};
}

class Session {
 public:
  // `data` is what the client trains on and evaluates; it outlives the session.
  Session(
      TestServer& server, const std::string& id, const Dataset& data,
      Spoil to_coordinator = [](Frame&) {}, Spoil to_body = [](Frame&) {},
      Spoil from_coordinator = [](Frame&) {}, Spoil from_body = [](Frame&) {})
      : server_(server),
        coordinator_(std::make_unique<SpoiledLink>(server.connect(id), std::move(to_coordinator),
                                                   std::move(from_coordinator))),
        body_(std::make_unique<SpoiledLink>(server.connect(id), std::move(to_body),
                                            std::move(from_body))),
        context_{id, server.inputs.job, server.inputs.parts, server.lane, &data, &data, nullptr} {}

  // Runs on the server's context until the server says goodbye; then both links close.
  void start(std::function<void(std::exception_ptr)> at_the_end = [](std::exception_ptr) {}) {
    asio::co_spawn(server_.io, take_part(),
                   [this, at_the_end = std::move(at_the_end)](std::exception_ptr thrown) {
                     at_the_end(thrown);
                     coordinator_.reset();
                     body_.reset();
                   });
  }

 private:
  asio::awaitable<void> take_part() {
    const Server& server = server_.server;
    co_await join(*coordinator_, Role::kClient, server.model_hash);
    co_await join(*body_, Role::kBody, server.model_hash, server.job_hash);
    coordinator_->allow(coordinator_limits(context_.parts.initial));
    body_->allow(body_limits(context_.parts.form));
    co_await serve_coordinator(context_, *coordinator_, *body_);
  }

  TestServer& server_;
  std::unique_ptr<Link> coordinator_, body_;
  ClientContext context_;
};

}  // namespace cleave::testing
