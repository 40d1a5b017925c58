// What a round leaves behind for the next one: who stays, and whose bytes are accounted for.
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/support/test_server.h"

namespace cleave::testing {
namespace {

using Answer = std::function<void(std::uint32_t round, Report&, State&)>;

// A client that joins and answers `rounds` rounds with what `answer` makes of report and update.
asio::awaitable<void> play(TestServer& server, Link& link, std::uint32_t rounds, Answer answer) {
  co_await join(link, Role::kClient, server.server.model_hash);
  link.allow(coordinator_limits(server.inputs.parts.initial));
  const Ready ready{5, {3, 2}, 0};
  co_await link.send(ready_frame(ready));
  for (std::uint32_t round = 1; round <= rounds; ++round) {
    const Frame order = co_await link.receive();
    Report report;
    report.all.samples = report.kept.samples = 5;
    report.kept_counts = report.predicted_counts = {3, 2};
    report.coordinator = link.ledger();
    State state = parse_state(order, server.inputs.parts.initial);
    answer(round, report, state);
    co_await link.send(report_frame(report, round));
    Frame update = state_frame(Kind::kUpdate, state);
    update.header.round = round;
    co_await link.send(std::move(update));
    co_await link.receive();
  }
}

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
  const auto punctual = server.connect("punctual"), silent = server.connect("silent");
  start(server, play(server, *punctual, 2, [](std::uint32_t, Report&, State&) {}));
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
  const auto honest = server.connect("honest"), other = server.connect("other");
  start(server, play(server, *honest, 2, [](std::uint32_t, Report&, State&) {}));
  start(server, play(server, *other, 2, [](std::uint32_t round, Report& report, State& state) {
          report.body.sent[Kind::kSmashed] = {round, 100 * round};
          if (round == 1) state.tensors[0].second[0][0] = std::nanf("");
        }));
  const TwoRounds records = run_two_rounds(server);
  ASSERT_EQ(records.first.lost.size(), 1u);
  ASSERT_EQ(records.second.participants.size(), 2u);
  EXPECT_EQ(records.second.participants[1].client, "other");
  EXPECT_EQ(records.second.participants[1].traffic.sent[Kind::kSmashed], (Count{1, 100}));
}

}  // namespace
}  // namespace cleave::testing
