// How many processors there are to use: the affinity mask, and control groups as files.
#include "common/base/processors.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <fstream>
#include <thread>

#include "tests/support/temporary_folder.h"

namespace cleave {
namespace {

// A made-up /proc/self/cgroup and /sys/fs/cgroup.
struct ProcessorQuota : ::testing::Test {
  testing::TemporaryFolder folder;
  std::filesystem::path own = folder.path() / "cgroup", groups = folder.path() / "groups";

  void write(const std::filesystem::path& path, const std::string& text) const {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  std::optional<double> quota() const { return processor_quota(own, groups); }
};

TEST_F(ProcessorQuota, OfVersionTwoIsTheLeastOfTheGroupAndThoseAboveIt) {
  write(own, "0::/pod/box\n");
  write(groups / "pod/box/cpu.max", "max 100000\n");
  write(groups / "pod/cpu.max", "150000 100000\n");
  write(groups / "cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), 1.5);
  write(groups / "pod/box/cpu.max", "20000 10000\n");
  EXPECT_EQ(quota(), 1.5);
  write(groups / "pod/box/cpu.max", "5000 10000\n");
  EXPECT_EQ(quota(), 0.5);
}

TEST_F(ProcessorQuota, OfVersionOneIsThatOfTheProcessorController) {
  write(own, "5:memory:/box\n4:cpu,cpuacct:/box\n2:cpuset:/\n");
  write(groups / "cpu,cpuacct/box/cpu.cfs_quota_us", "-1\n");
  write(groups / "cpu,cpuacct/box/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), std::nullopt);
  write(groups / "cpu,cpuacct/box/cpu.cfs_quota_us", "300000\n");
  EXPECT_EQ(quota(), 3.0);
}

TEST_F(ProcessorQuota, InAContainerWithTheHostsPathsIsThatOfTheUppermostGroup) {
  write(own, "4:cpu:/docker/0123abcd\n");
  write(groups / "cpu/cpu.cfs_quota_us", "200000\n");
  write(groups / "cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), 2.0);
}

TEST_F(ProcessorQuota, IsNoneWhereNothingCanBeRead) {
  EXPECT_EQ(quota(), std::nullopt);
  write(own, "0::/\nnonsense\n");
  for (const char* text : {"", "max", "-5 100000", "100000", "0 0", "x y"}) {
    write(groups / "cpu.max", text);
    EXPECT_EQ(quota(), std::nullopt) << text;
  }
}

TEST(Processors, AreNoMoreThanTheAffinityMaskAllows) {
  EXPECT_GE(usable_processors(), 1);
  int count = 0;
  std::thread([&] {
    cpu_set_t one;
    sched_getaffinity(0, sizeof one, &one);
    int first = 0;
    while (!CPU_ISSET(first, &one)) ++first;
    CPU_ZERO(&one);
    CPU_SET(first, &one);
    ASSERT_EQ(sched_setaffinity(0, sizeof one, &one), 0);
    count = usable_processors();
  }).join();
  EXPECT_EQ(count, 1);
}

}  // namespace
}  // namespace cleave
