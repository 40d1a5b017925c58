// A TLS server that meets one visitor at a time, and what each side says of it.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/detached.hpp>

#include "common/base/error.h"
#include "common/wire/control.h"
#include "tests/support/raw_tls_peer.h"
#include "tests/support/run_coroutine.h"

namespace cleave::testing {

using asio::ip::tcp;

// What one side of an attempt came to.
struct Outcome {
  std::string text = "let in";
  Exit exit = Exit::kDone;

  bool says(const std::string& part) const { return text.find(part) != std::string::npos; }
};

inline asio::awaitable<Outcome> outcome_of(asio::awaitable<void> attempt) {
  Outcome outcome;
  try {
    co_await std::move(attempt);
  } catch (const Error& error) {
    outcome = {error.what(), error.exit()};
  }
  co_return outcome;
}

class Door : public ::testing::Test {
 protected:
  Credentials credentials(const std::string& name) const { return pki.credentials(name); }

  asio::awaitable<void> let_in(Deadlines deadlines) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    auto context = make_tls_context(credentials("server"), TlsSide::kServer);
    const auto link = co_await tls_accept(context, std::move(socket), deadlines);
    // In TLS 1.3 a client has shaken hands before the server has seen its certificate.
    co_await link->send(ping_frame());
    const Ready ready{1, {}, 0};
    co_await link->send(ready_frame(ready));
    co_await link->finish();
  }

  asio::awaitable<void> visit(Credentials own, std::string host) {
    auto context = make_tls_context(own, TlsSide::kClient);
    const Address address{std::move(host), acceptor.local_endpoint().port()};
    const auto link = co_await tls_connect(context, address, {});
    co_await link->receive();
  }

  // Opens the door for one visitor and notes what the server says about it.
  void open(Deadlines deadlines = {}) {
    asio::co_spawn(io, outcome_of(let_in(deadlines)),
                   [&](std::exception_ptr, Outcome o) { server = o; });
  }

  void meet(const std::string& host = "127.0.0.1") { meet(credentials("client"), host); }
  void meet(const Credentials& own, const std::string& host) {
    open();
    client = run(io, outcome_of(visit(own, host)));
    settle();
  }

  // The visitor that `context` makes, which need not be one that Cleave would make.
  void meet_raw(asio::ssl::context& context) {
    open();
    RawTlsPeer peer(io, context);
    run(io, peer.connect(acceptor.local_endpoint().port()));
    settle();
  }

  // Lets the side that is still at work come to its end.
  void settle() {
    io.restart();
    io.run_for(std::chrono::seconds(10));
  }

  asio::io_context io{1};
  TestPki pki;
  tcp::acceptor acceptor{io, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  Outcome client, server;
};

}  // namespace cleave::testing
