// Child processes, with a shell in the programs' place.
#include "cli/child.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "common/base/error.h"
#include "common/base/files.h"
#include "tests/support/run.h"
#include "tests/support/temporary_folder.h"

namespace cleave::testing {
namespace {

class ChildTest : public ::testing::Test {
 protected:
  std::unique_ptr<Child> shell(const std::string& script) {
    return std::make_unique<Child>(io.get_executor(), "/bin/sh",
                                   std::vector<std::string>{"-c", script}, folder / "log");
  }
  TemporaryFolder folder;
  asio::io_context io;
};

TEST_F(ChildTest, GivesItsLinesThenItsExitCode) {
  const auto child = shell("echo one; echo two; echo three >&2; exit 65");
  EXPECT_EQ(run(io, child->next_line()), "one");
  EXPECT_EQ(run(io, child->next_line()), "two");
  EXPECT_EQ(run(io, child->next_line()), std::nullopt);
  const Ended ended = run(io, child->wait());
  EXPECT_EQ(ended.code, 65);
  EXPECT_GT(ended.peak_rss_mb, 0);
  EXPECT_EQ(read_file(child->log(), 1000), "three\n");
}

TEST_F(ChildTest, KilledByASignalItSaysWhich) {
  const auto child = shell("echo up; exec sleep 60");
  EXPECT_EQ(run(io, child->next_line()), "up");
  child->signal(SIGTERM);
  EXPECT_EQ(run(io, child->wait()).code, 128 + SIGTERM);
}

TEST_F(ChildTest, ATerminalsSignalsDoNotReachItDirectly) {
  const auto child = shell("ps -o pgid= -p $$");
  const auto group = run(io, child->next_line());
  EXPECT_NE(std::stoi(group.value()), ::getpgrp());
  run(io, child->wait());
}

TEST_F(ChildTest, IsGoneWithItsObject) {
  auto child = shell("echo $$; exec sleep 60");
  const int pid = std::stoi(run(io, child->next_line()).value());
  EXPECT_EQ(::kill(pid, 0), 0);
  child.reset();
  EXPECT_EQ(::kill(pid, 0), -1);
}

TEST_F(ChildTest, DiesWithAParentThatIsKilled) {
  int pids[2];
  ASSERT_EQ(::pipe(pids), 0);
  const pid_t parent = ::fork();
  if (parent == 0) {
    const auto child = shell("echo $$; exec sleep 60");
    const int pid = std::stoi(run(io, child->next_line()).value());
    if (::write(pids[1], &pid, sizeof pid) == sizeof pid) ::kill(::getpid(), SIGKILL);
    ::_exit(1);
  }
  int pid = 0;
  ASSERT_EQ(::read(pids[0], &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
  ::waitpid(parent, nullptr, 0);
  // Whoever adopts it may not have reaped it yet: then it is a zombie.
  bool gone = false;
  for (int i = 0; i < 5000 && !gone; ++i) {
    const fs::path stat = "/proc/" + std::to_string(pid) + "/stat";
    std::error_code error;
    gone = !fs::exists(stat, error) || read_file(stat, 4096).find(") Z ") != std::string::npos;
    ::usleep(1000);
  }
  EXPECT_TRUE(gone);
  ::close(pids[0]);
  ::close(pids[1]);
}

TEST_F(ChildTest, WithoutAPlaceForItsLogIsRefused) {
  EXPECT_THROW(Child(io.get_executor(), "/bin/sh", {}, folder / "nowhere" / "log"), IoError);
}

}  // namespace
}  // namespace cleave::testing
