// Waiting for several coroutines at once.
#include "common/base/gather.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/support/run.h"

namespace cleave {
namespace {

// Ends after `turns` turns of the executor, so that the order of endings is chosen by the test.
asio::awaitable<int> after(int turns, int value, std::vector<int>& endings) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (int i = 0; i < turns; ++i) {
    timer.expires_after(std::chrono::steady_clock::duration::zero());
    co_await timer.async_wait(asio::use_awaitable);
  }
  endings.push_back(value);
  co_return value;
}

TEST(Gather, GivesResultsInTheOrderOfTheTasksWhateverOrderTheyEndIn) {
  asio::io_context io;
  std::vector<int> endings;
  const auto results = testing::run(io, [&]() -> asio::awaitable<std::vector<int>> {
    std::vector<asio::awaitable<int>> tasks;
    tasks.push_back(after(9, 1, endings));
    tasks.push_back(after(0, 2, endings));
    tasks.push_back(after(4, 3, endings));
    co_return co_await gather(std::move(tasks));
  }());
  EXPECT_EQ(results, (std::vector<int>{1, 2, 3}));
  EXPECT_EQ(endings, (std::vector<int>{2, 3, 1}));
}

TEST(Gather, OfNothingEndsAtOnce) {
  asio::io_context io;
  EXPECT_TRUE(testing::run(io, gather(std::vector<asio::awaitable<int>>())).empty());
}

TEST(Gather, AnExceptionIsPassedOnOnlyAfterTheOthersHaveEnded) {
  asio::io_context io;
  std::vector<int> endings;
  const auto failing = []() -> asio::awaitable<int> {
    throw std::runtime_error("broken");
    co_return 0;
  };
  EXPECT_THROW(testing::run(io,
                            [&]() -> asio::awaitable<std::vector<int>> {
                              std::vector<asio::awaitable<int>> tasks;
                              tasks.push_back(failing());
                              tasks.push_back(after(5, 1, endings));
                              co_return co_await gather(std::move(tasks));
                            }()),
               std::runtime_error);
  EXPECT_EQ(endings, (std::vector<int>{1}));
}

}  // namespace
}  // namespace cleave
