// A compute lane: where functions run, and where their callers go on.
#include "common/base/lane.h"

#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <future>
#include <stdexcept>

#include "tests/support/run.h"

namespace cleave {
namespace {

TEST(Lane, AFunctionRunsOnAWorkerAndItsCallerGoesOnWhereItWas) {
  asio::io_context io;
  Lane lane(1);
  const auto here = std::this_thread::get_id();
  const int answer = testing::run(io, [&]() -> asio::awaitable<int> {
    const auto worker = co_await lane.run([] { return std::this_thread::get_id(); });
    EXPECT_NE(worker, here);
    EXPECT_EQ(std::this_thread::get_id(), here);
    co_await lane.run([] {});
    EXPECT_EQ(std::this_thread::get_id(), here);
    co_return 42;
  }());
  EXPECT_EQ(answer, 42);
}

TEST(Lane, AnExceptionIsRethrownInTheCallerOnItsOwnExecutor) {
  asio::io_context io;
  Lane lane(2);
  const auto here = std::this_thread::get_id();
  testing::run(io, [&]() -> asio::awaitable<void> {
    std::string message;
    try {
      co_await lane.run([]() -> int { throw std::runtime_error("from the worker"); });
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(std::this_thread::get_id(), here);
      message = error.what();
    }
    EXPECT_EQ(message, "from the worker");
    EXPECT_EQ(co_await lane.run([] { return 7; }), 7) << "the worker has died";
    EXPECT_EQ(std::this_thread::get_id(), here);
  }());
}

TEST(Lane, AnExceptionThatNobodyCatchesReachesTheCallersCaller) {
  asio::io_context io;
  Lane lane(1);
  EXPECT_THROW(testing::run(io, lane.run([]() { throw std::out_of_range("x"); })),
               std::out_of_range);
}

TEST(Lane, ResultsMayBeMoveOnlyAndFunctionsMutable) {
  asio::io_context io;
  Lane lane(1);
  const auto result =
      testing::run(io, lane.run([n = std::make_unique<int>(3)]() mutable { return std::move(n); }));
  EXPECT_EQ(*result, 3);
}

TEST(Lane, EveryWorkerRunsItsStartFirst) {
  std::atomic<int> started = 0;
  thread_local bool ready = false;
  asio::io_context io;
  Lane lane(2, [&] {
    ready = true;
    ++started;
  });
  for (int i = 0; i < 20; ++i) EXPECT_TRUE(testing::run(io, lane.run([] { return ready; })));
  EXPECT_GE(started, 1);
}

// Both functions wait for each other, so one worker alone would never end.
TEST(Lane, TwoWorkersRunTwoFunctionsAtOnce) {
  asio::io_context io;
  Lane lane(2);
  std::promise<void> first, second;
  int done = 0;
  const auto meet = [&](std::promise<void>& mine, std::promise<void>& other) {
    return lane.run([&] {
      mine.set_value();
      other.get_future().wait();
    });
  };
  const auto finish = [&](std::exception_ptr) { ++done; };
  asio::co_spawn(io, meet(first, second), finish);
  asio::co_spawn(io, meet(second, first), finish);
  io.run();
  EXPECT_EQ(done, 2);
}

TEST(Lane, OnAnothersWorkersItCountsItsOwnProcessorTime) {
  asio::io_context io;
  Lane lane(1);
  Lane other(lane);
  std::thread::id mine, its;
  testing::run(io, lane.run([&] { mine = std::this_thread::get_id(); }));
  testing::run(io, other.run([&] {
    its = std::this_thread::get_id();
    const std::clock_t start = std::clock();
    while (std::clock() - start < CLOCKS_PER_SEC / 10) {
    }
  }));
  EXPECT_EQ(mine, its);
  EXPECT_GT(other.cpu_seconds(), 0.01);
  EXPECT_LT(lane.cpu_seconds(), other.cpu_seconds());
}

// Under a sanitizer: the signal comes while the worker hands its result over.
TEST(Lane, ACallerMayBeCancelledAtAnyTimeAndStillGetsItsResult) {
  asio::io_context io;
  Lane lane(2);
  int results = 0;
  for (int i = 0; i < 2000; ++i) {
    asio::cancellation_signal dismissal;
    asio::co_spawn(io, lane.run([] { return 1; }),
                   asio::bind_cancellation_slot(
                       dismissal.slot(), [&](std::exception_ptr, int one) { results += one; }));
    io.restart();
    io.poll_one();
    for (int spin = 0; spin < 10 * (i % 100); ++spin)
      std::atomic_signal_fence(std::memory_order_seq_cst);
    dismissal.emit(asio::cancellation_type::terminal);
    io.run();
  }
  EXPECT_EQ(results, 2000);
}

TEST(Lane, ItsEndWaitsForWhatRunsAndDropsWhatIsQueued) {
  std::atomic<int> finished = 0;
  std::promise<void> running;
  asio::io_context io;
  {
    Lane lane(1);
    const auto ignore = [](std::exception_ptr) {};
    asio::co_spawn(io, lane.run([&] {
      running.set_value();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      ++finished;
    }),
                   ignore);
    asio::co_spawn(io, lane.run([&] { finished += 100; }), ignore);
    io.poll();
    running.get_future().wait();
  }
  EXPECT_EQ(finished, 1);
}

}  // namespace
}  // namespace cleave
