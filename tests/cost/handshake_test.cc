// What the bill says of a client's two links, against the bytes of real TLS connections.
#include <gtest/gtest.h>

#include "common/base/version.h"
#include "common/cost/bill.h"
#include "common/wire/control.h"
#include "common/wire/goodbye.h"
#include "tests/support/run_coroutine.h"

namespace cleave::testing {
namespace {

asio::awaitable<void> greet(Link& client, Link& server, Hello hello, HelloOk ok) {
  co_await client.send(hello_frame(hello));
  co_await receive_expected(server, Kind::kHello, 0, 0);
  co_await server.send(hello_ok_frame(ok));
  co_await receive_expected(client, Kind::kHelloOk, 0, 0);
}

asio::awaitable<void> part(Link& first, Link& answering, std::string reason) {
  asio::co_spawn(
      co_await asio::this_coro::executor,
      [](Link& link) -> asio::awaitable<void> {
        const Frame bye = co_await receive_expected(link, Kind::kBye, 0, 0);
        co_await answer_goodbye(link, bye);
      }(answering),
      asio::detached);
  co_await say_goodbye(first, reason);
}

asio::awaitable<void> whole_session(LinkPair& coordinator, LinkPair& body, std::string job) {
  Hello hello{Role::kClient, kProgramVersion, sha256("model"), {}};
  HelloOk ok{std::move(job), ""};
  co_await greet(*coordinator.b, *coordinator.a, hello, ok);
  hello = {Role::kBody, kProgramVersion, sha256("model"), sha256("job")};
  ok = {};
  co_await greet(*body.b, *body.a, hello, ok);
  const Ready ready{1200, {600, 600}, 300};
  co_await coordinator.b->send(ready_frame(ready));
  co_await receive_expected(*coordinator.a, Kind::kReady, 0, 0);
  co_await part(*body.b, *body.a, "the job is done");
  co_await part(*coordinator.a, *coordinator.b, "the job is done");
}

TEST(Handshake, AndGreetingsAreBilledAsTlsMeasuresThem) {
  asio::io_context io{1};
  TlsPair coordinator(io), body(io);
  const std::string job(4000, 'x');
  run(io, whole_session(coordinator.links, body.links, job));
  const Bill bill = sessions_bill({1, std::string_view(kProgramVersion).size(), job.size(), 0}, 2);
  TlsBytes measured = coordinator.links.a->tls_bytes();
  measured += body.links.a->tls_bytes();
  const auto near = [](std::uint64_t form, std::uint64_t counted) {
    EXPECT_NEAR(static_cast<double>(form) / static_cast<double>(counted), 1, 0.01)
        << form << " billed, " << counted << " measured";
  };
  near(bill.up, measured.received);
  near(bill.down, measured.sent);
  EXPECT_EQ(bill.sessions, bill.up + bill.down);
}

}  // namespace
}  // namespace cleave::testing
