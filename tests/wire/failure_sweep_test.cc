// The n-th link operation of a conversation fails, for n = 0, 1, 2, ... until one is clean: never a
// hang, and always an error at both ends.
#include <gtest/gtest.h>

#include "common/wire/control.h"
#include "common/wire/goodbye.h"
#include "common/wire/tally.h"
#include "tests/support/failing_link.h"
#include "tests/support/run_coroutine.h"

namespace cleave::testing {
namespace {

Frame step_frame(Kind kind) {
  Frame frame;
  frame.header.kind = kind;
  frame.payload = Buffer(100);
  std::fill(frame.payload.bytes().begin(), frame.payload.bytes().end(), std::byte(1));
  return frame;
}

asio::awaitable<void> client_side(Link& link) {
  for (int step = 0; step < 2; ++step) {
    co_await link.send(step_frame(Kind::kSmashed));
    co_await receive_expected(link, Kind::kFeatures, 0, 0);
    co_await link.send(step_frame(Kind::kFeaturesGrad));
    co_await receive_expected(link, Kind::kSmashedGrad, 0, 0);
  }
  co_await agree_on_bytes(link, 0);
  co_await say_goodbye(link, "done");
}

asio::awaitable<void> server_side(Link& link) {
  for (;;) {
    const Frame frame = co_await link.receive();
    if (frame.header.kind == Kind::kTally) {
      co_await answer_tally(link, frame);
      continue;
    }
    if (frame.header.kind == Kind::kBye) {
      co_await answer_goodbye(link, frame);
      co_return;
    }
    co_await link.send(step_frame(Kind::kFeatures));
    co_await receive_expected(link, Kind::kFeaturesGrad, 0, 0);
    co_await link.send(step_frame(Kind::kSmashedGrad));
  }
}

// How an end's conversation ended; "running" while it has not.
struct End {
  std::string outcome = "running";
};

void converse(asio::io_context& io, Link& link, asio::awaitable<void> side, End& end) {
  asio::co_spawn(io, std::move(side), [&link, &end](std::exception_ptr thrown) {
    end.outcome = "done";
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const Error& error) {
      end.outcome = error.what();
      link.close(error.what());
    }
  });
}

constexpr int kOperations = 24;  // 12 frames, each sent and received once

class FailureSweepOver : public ::testing::TestWithParam<bool> {};

INSTANTIATE_TEST_SUITE_P(Link, FailureSweepOver, ::testing::Values(false, true),
                         [](const auto& info) { return info.param ? "Tls" : "Memory"; });

TEST_P(FailureSweepOver, EveryOperationEndsBothEndsWithAnErrorAndNeverHangs) {
  FrameLimits limits;
  limits.max_payload.fill(kMaxControlBytes);
  int n = 0;
  for (bool clean = false; !clean; ++n) {
    asio::io_context io{1};
    std::unique_ptr<TlsPair> tls;
    if (GetParam()) tls = std::make_unique<TlsPair>(io);
    LinkPair links =
        tls ? std::move(tls->links) : make_memory_links(io.get_executor(), "client", "server");
    const auto countdown = std::make_shared<Countdown>(Countdown{n});
    FailingLink server(std::move(links.a), countdown), client(std::move(links.b), countdown);
    server.allow(limits);
    client.allow(limits);
    End at_server, at_client;
    converse(io, server, server_side(server), at_server);
    converse(io, client, client_side(client), at_client);
    io.restart();
    io.run_for(std::chrono::seconds(10));
    ASSERT_NE(at_server.outcome, "running") << "the server hangs after operation " << n;
    ASSERT_NE(at_client.outcome, "running") << "the client hangs after operation " << n;
    clean = countdown->left >= 0;
    // Who has received everything, goodbye included, cannot be told that the last answer was lost.
    const bool told = clean || n >= kOperations - 2;
    EXPECT_TRUE(at_server.outcome != "done" || told) << n << ", client: " << at_client.outcome;
    EXPECT_TRUE(at_client.outcome != "done" || told) << n << ", server: " << at_server.outcome;
    EXPECT_EQ(at_server.outcome == "done" && at_client.outcome == "done", clean) << n;
  }
  EXPECT_EQ(n - 1, kOperations);
}

}  // namespace
}  // namespace cleave::testing
