// What `cleave simulate` leaves behind: every file and field that the contract names.
#include <sys/mount.h>

#include "tests/programs/workplace.h"

namespace cleave::testing {
namespace {

void expect_keys(const Json& object, const std::vector<std::string>& keys) {
  for (const std::string& key : keys) EXPECT_TRUE(object.contains(key)) << key;
}

TEST(RunDirectory, HoldsEveryFileAndItsPathIsTheLastLine) {
  const Workplace here;
  const Finished run = here.simulate("run");
  EXPECT_EQ(run.last_line(), "run");
  std::set<std::string> names;
  for (const auto& entry : fs::directory_iterator(here.path("run"))) {
    names.insert(entry.path().filename().string());
  }
  EXPECT_EQ(names, (std::set<std::string>{"job.toml", "measured.json", "partition.json",
                                          "rounds.jsonl", "state.safetensors", "summary.json"}));
  EXPECT_EQ(here.json("run/partition.json").at("clients"),
            here.json("partition.json").at("clients"));
}

TEST(RunDirectory, ItsJobIsResolvedAndRunsAgainToTheSameState) {
  const Workplace here;
  here.simulate("run");
  fs::copy_file(here.path("run/job.toml"), here.path("again.toml"));
  EXPECT_EQ(here.cleave({"simulate", "again.toml", "--out", "again"}).code, 0);
  EXPECT_EQ(here.contents("run"), here.contents("again"));
}

TEST(RunDirectory, ARoundNamesParticipantsBytesAndEvaluation) {
  const Workplace here;
  here.simulate("run");
  const std::vector<Json> rounds = here.journal("run");
  ASSERT_EQ(rounds.size(), 3u);
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    const Json& line = rounds[i];
    EXPECT_EQ(line.at("round"), i + 1);
    expect_keys(line, {"loss", "samples", "kept", "bytes", "participants", "lost", "dev_accuracy",
                       "dev_macro_f1", "dev_nll"});
    expect_keys(line.at("bytes"), {"up", "down", "total", "frames", "by_kind"});
    expect_keys(line.at("dev"), {"n", "predicted", "confusion", "clients"});
    expect_keys(line.at("dev").at("clients"), {"mean", "worst", "p10"});
    EXPECT_EQ(line.at("dev").at("n"), 9);
    EXPECT_EQ(line.at("dev").at("confusion").size(), 4u);
    EXPECT_EQ(line.at("participants").size(), 2u);
    for (const Json& p : line.at("participants")) {
      expect_keys(p, {"client", "n", "kept", "labels", "kept_labels", "local_accuracy"});
      EXPECT_EQ(p.at("labels").at(0).get<int>() + p.at("labels").at(1).get<int>(), p.at("n"));
    }
  }
}

TEST(RunDirectory, TheSummaryAgreesWithTheJournal) {
  const Workplace here;
  here.simulate("run", {"--set", "run.control=both"});
  const Json summary = here.json("run/summary.json");
  expect_keys(summary, {"status", "seed", "rounds", "dev_accuracy", "test_accuracy",
                        "control_dev_accuracy", "client_flops", "body_flops"});
  EXPECT_EQ(summary.at("status"), "done");
  EXPECT_EQ(summary.at("seed"), 3);
  const Json& bytes = summary.at("bytes");
  expect_keys(bytes, {"by_kind", "frames", "eval"});
  std::uint64_t up = 0, down = 0;
  for (const Json& line : here.journal("run")) {
    up += line.at("bytes").at("up").get<std::uint64_t>();
    down += line.at("bytes").at("down").get<std::uint64_t>();
  }
  EXPECT_EQ(bytes.at("up"), up);
  EXPECT_EQ(bytes.at("down"), down);
  EXPECT_EQ(bytes.at("total"), up + down);
  EXPECT_EQ(bytes.at("closed_form"), bytes.at("total"));
  EXPECT_GT(bytes.at("frames"), bytes.at("total"));
  EXPECT_GT(bytes.at("eval").get<int>(), 0);
  EXPECT_EQ(summary.at("dev_accuracy"), here.journal("run").back().at("dev_accuracy"));
}

TEST(RunDirectory, WhatTheMachineDecidesIsMeasured) {
  const Workplace here;
  here.simulate("run");
  const Json measured = here.json("run/measured.json");
  expect_keys(measured, {"wall_seconds", "cpu_seconds", "peak_rss_mb", "threads", "blas", "host",
                         "revision", "versions"});
  expect_keys(measured.at("versions"), {"cleave", "libtorch", "openssl", "boost", "compiler"});
  EXPECT_GT(measured.at("peak_rss_mb").get<int>(), 50);
  EXPECT_EQ(measured.at("threads"), 1);
  const double clients = measured.at("client_seconds"), server = measured.at("server_seconds");
  EXPECT_GT(clients, 0);
  EXPECT_GT(server, 0);
  EXPECT_LT(clients + server, measured.at("cpu_seconds").get<double>());
}

TEST(RunDirectory, EqualJobsGiveEqualBytesAndThreadsChangeNoResult) {
  const Workplace here;
  here.simulate("one");
  here.simulate("again");
  here.simulate("two", {"--set", "run.threads=2"});
  EXPECT_EQ(here.contents("one"), here.contents("again"));
  auto one = here.contents("one"), two = here.contents("two");
  EXPECT_NE(one.at("job.toml"), two.at("job.toml"));
  one.erase("job.toml");
  two.erase("job.toml");
  EXPECT_EQ(one, two);
}

TEST(RunDirectory, WithoutOutItHasTheJobsNameUnderRuns) {
  const Workplace here;
  const Finished run = here.cleave({"simulate", "job.toml", "--set", "name=mine"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(run.last_line().rfind("runs/mine-", 0), 0u) << run.last_line();
  EXPECT_TRUE(fs::exists(here.path(run.last_line()) / "summary.json"));
}

TEST(RunDirectory, AFolderThatIsNotEmptyOrNoRunIsAUsageError) {
  const Workplace here;
  here.simulate("run");
  expect_refused(here.cleave({"simulate", "job.toml", "--out", "run"}), 2,
                 {"run is not empty", "--out", "--resume"});
  expect_refused(here.cleave({"simulate", "job.toml", "--out", "job.toml"}), 2, {"not empty"});
  expect_refused(here.cleave({"simulate", "job.toml", "--out", "none", "--resume"}), 2,
                 {"nothing to resume", "none"});
  expect_refused(
      here.cleave({"simulate", "job.toml", "--out", "run", "--resume", "--set", "seed=9"}), 2,
      {"cannot resume run", "differs"});
}

// A file system of its own; what is written to it can run out of space.
class SmallDisk {
 public:
  explicit SmallDisk(const fs::path& at) : at_(at) {
    fs::create_directory(at);
    mounted_ = ::mount("tmpfs", at.c_str(), "tmpfs", 0, "size=128k") == 0;
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(at_.c_str(), MNT_DETACH);
  }
  bool mounted() const { return mounted_; }
  bool remount(unsigned long flags, const char* options) const {
    return ::mount("tmpfs", at_.c_str(), "tmpfs", MS_REMOUNT | flags, options) == 0;
  }

 private:
  fs::path at_;
  bool mounted_ = false;
};

TEST(RunDirectory, AFullDiskStopsTheRunCleanlyAndItIsResumedOnceThereIsSpace) {
  const Workplace here;
  const SmallDisk disk(here.path("disk"));
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small file system needs root";
  const Arguments job = {"simulate", "job.toml", "--set", "federation.rounds=60", "--out"};
  Arguments arguments = job;
  arguments.push_back("disk/run");
  expect_refused(here.cleave(arguments), 74, {"disk/run", "No space left on device"});
  for (const auto& entry : fs::directory_iterator(here.path("disk/run"))) {
    EXPECT_EQ(entry.path().string().find(".tmp"), std::string::npos) << entry.path();
  }
  const std::size_t complete = here.journal("disk/run").size();
  EXPECT_GT(complete, 0u);
  EXPECT_LT(complete, 60u);

  ASSERT_TRUE(disk.remount(0, "size=8m"));
  arguments.push_back("--resume");
  EXPECT_EQ(here.cleave(arguments).code, 0);
  arguments = job;
  arguments.push_back("whole");
  EXPECT_EQ(here.cleave(arguments).code, 0);
  EXPECT_EQ(here.contents("disk/run"), here.contents("whole"));
}

TEST(RunDirectory, AReadOnlyDiskIsAnIoError) {
  const Workplace here;
  const SmallDisk disk(here.path("disk"));
  if (!disk.mounted()) GTEST_SKIP() << "mounting a small file system needs root";
  ASSERT_TRUE(disk.remount(MS_RDONLY, "size=128k"));
  expect_refused(here.cleave({"simulate", "job.toml", "--out", "disk/run"}), 74,
                 {"disk/run", "Read-only file system"});
}

}  // namespace
}  // namespace cleave::testing
