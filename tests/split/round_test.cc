// What a round leaves behind for the next one: who stays, and whose bytes are accounted for.
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/support/session.h"

namespace cleave::testing {
namespace {

// Joins, takes the first state, and never answers.
asio::awaitable<void> stay_silent(TestServer& server, Link& link) {
  co_await join(link, Role::kClient, server.server.model_hash);
  link.allow(coordinator_limits(server.inputs.parts.initial));
  const Ready ready{5, {3, 2}, 0};
  co_await link.send(ready_frame(ready));
  for (;;) co_await link.receive();
}

void start(TestServer& server, asio::awaitable<void> client) {
  asio::co_spawn(server.io, std::move(client), [](std::exception_ptr) {});
}

struct TwoRounds {
  RoundRecord first, second;
};

TwoRounds run_two_rounds(TestServer& server) {
  TwoRounds records;
  const auto rounds = [](TestServer& s, TwoRounds& r) -> asio::awaitable<void> {
    co_await s.members.wait_for_clients(2);
    const State& state = s.inputs.parts.initial;
    co_await s.federation.run_round(1, state, r.first);
    co_await s.federation.run_round(2, state, r.second);
  };
  run(server.io, rounds(server, records));
  return records;
}

TEST(Round, AtItsDeadlineLosesWhoHasNotAnsweredAndNobodyElse) {
  TestServer server(tiny_job(1, 0), std::chrono::seconds(1));
  const Dataset data = tiny_texts(5, "punctual");
  Session punctual(server, "punctual", data);
  punctual.start();
  const auto silent = server.connect("silent");
  start(server, stay_silent(server, *silent));
  const TwoRounds records = run_two_rounds(server);
  ASSERT_EQ(records.first.lost.size(), 1u);
  EXPECT_EQ(records.first.lost[0].client, "silent");
  EXPECT_TRUE(records.second.lost.empty()) << records.second.lost[0].reason;
  ASSERT_EQ(records.second.participants.size(), 1u);
  EXPECT_EQ(records.second.participants[0].client, "punctual");
}

TEST(Round, AfterARefusedUpdateCountsItsOwnBytesOnly) {
  TestServer server(tiny_job(1, 0));
  const Dataset data = tiny_texts(5, "client");
  const Spoil first_update = of_kind(Kind::kUpdate, [](Frame& frame) {
    const float value = std::nanf("");
    if (frame.header.round == 1) std::memcpy(frame.payload.data(), &value, sizeof value);
  });
  Session honest(server, "honest", data), other(server, "other", data, first_update);
  honest.start();
  other.start();
  const TwoRounds records = run_two_rounds(server);
  ASSERT_EQ(records.first.lost.size(), 1u);
  ASSERT_EQ(records.second.participants.size(), 2u);
  EXPECT_EQ(records.second.participants[1].client, "other");
  // Of the same data both send the same, in two steps.
  const Ledger& traffic = records.second.participants[1].traffic;
  EXPECT_EQ(traffic.sent[Kind::kSmashed].frames, 2u);
  EXPECT_EQ(traffic.sent[Kind::kSmashed],
            records.second.participants[0].traffic.sent[Kind::kSmashed]);
}

}  // namespace
}  // namespace cleave::testing
