// Slots, and loans of them, without a body.
#include "server/body/slots.h"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <optional>
#include <utility>
#include <vector>

namespace cleave::testing {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

struct ASlot : ::testing::Test {
  // Asks for a slot and keeps it in `held[i]`.
  void ask(std::size_t i) {
    const auto take = [](ASlot& test, std::size_t at) -> asio::awaitable<void> {
      test.held[at] = co_await test.slots->take();
      test.order.push_back(at);
    };
    asio::co_spawn(io, take(*this, i), asio::detached);
    poll();
  }
  void poll() {
    io.restart();
    io.poll();
  }

  asio::io_context io{1};
  std::optional<Slots> slots{std::in_place, io.get_executor(), 1};
  std::vector<Slots::Held> held{3};
  std::vector<std::size_t> order;
};

TEST_F(ASlot, GoesToWhoWaitsInArrivalOrder) {
  for (std::size_t i = 0; i < 3; ++i) ask(i);
  EXPECT_EQ(order, (std::vector<std::size_t>{0}));
  held[0].release();
  poll();
  held[1].release();
  poll();
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2}));
}

TEST_F(ASlot, ThatIsLentGoesToWhoWaitsOnceItsPatienceIsOver) {
  ask(0);
  int given_up = 0;
  held[0].lend(milliseconds(1), [&] { ++given_up; });
  ask(1);
  io.restart();
  while (order.size() < 2) io.run_one();
  EXPECT_EQ(given_up, 1);
  EXPECT_FALSE(held[0].reclaim());
  held[0].release();  // holds none: nothing is put back
  ask(2);
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1}));
  held[1].release();
  poll();
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1, 2}));
}

TEST_F(ASlot, ThatIsLentAndOverdueStaysWhereNobodyWaits) {
  ask(0);
  held[0].lend(milliseconds(0), [] { FAIL() << "nobody waited"; });
  poll();
  EXPECT_TRUE(held[0].reclaim());
  ask(1);
  EXPECT_EQ(order.size(), 1u);
  held[0].release();
  poll();
  EXPECT_EQ(order.size(), 2u);
}

TEST_F(ASlot, ThatIsLentAndReleasedIsPutBackOnce) {
  ask(0);
  held[0].lend(hours(1), [] { FAIL() << "its patience is not over"; });
  held[0].release();
  ask(1);
  ask(2);
  EXPECT_EQ(order, (std::vector<std::size_t>{0, 1}));
}

TEST_F(ASlot, WhoseLoanIsOverKeepsNoLoopAlive) {
  ask(0);
  held[0].lend(hours(1), [] { FAIL() << "its patience is not over"; });
  ask(1);
  EXPECT_EQ(order.size(), 1u);
  held[0].release();
  io.restart();
  io.run_for(std::chrono::seconds(5));
  EXPECT_TRUE(io.stopped()) << "an alarm of an hour is still pending";
  EXPECT_EQ(order.size(), 2u);
}

}  // namespace
}  // namespace cleave::testing
