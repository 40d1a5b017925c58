// What signals do to a server while it runs. In a process of its own, and both pending before it
// looks: between two programs the first signal may end the run before the second arrives.
#include "server/interrupt.h"

#include <gtest/gtest.h>

#include <csignal>

namespace cleave {
namespace {

void run_with(const std::vector<int>& signals) {
  asio::io_context io;
  Server server;
  InterruptWatch watch(io, server, [&] { watch.stop(); });
  for (const int signal : signals) std::raise(signal);
  io.run();
  std::_Exit(watch.signal());
}

TEST(InterruptWatchDeath, ASecondSignalKills) {
  EXPECT_EXIT(run_with({SIGINT, SIGTERM}), ::testing::ExitedWithCode(128 + SIGTERM), "");
}

TEST(InterruptWatchDeath, AfterTheFirstSignalTheRunEndsByItself) {
  EXPECT_EXIT(run_with({SIGTERM}), ::testing::ExitedWithCode(SIGTERM), "");
}

}  // namespace
}  // namespace cleave
