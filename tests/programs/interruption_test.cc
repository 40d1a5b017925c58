// Signals: the first ends a run in an orderly way, a second kills, --resume continues.
#include "tests/programs/workplace.h"

namespace cleave::testing {
namespace {

const Arguments kLongJob = {"simulate", "job.toml", "--set", "federation.rounds=30", "--out"};

Arguments long_job(const std::string& out) {
  Arguments arguments = kLongJob;
  arguments.push_back(out);
  return arguments;
}

TEST(Interruption, ResumingGivesTheBytesOfAnUninterruptedRun) {
  const Workplace here;
  for (const auto& [signal, name] : {std::pair(SIGINT, "int"), std::pair(SIGTERM, "term")}) {
    const auto run = here.start("cleave", long_job(name));
    run->prints("round 2/30");
    run->signal(signal);
    const Finished stopped = run->wait(std::chrono::seconds(30));
    EXPECT_EQ(stopped.code, 128 + signal) << stopped.err;
    EXPECT_NE(stopped.err.find("--resume --out"), std::string::npos) << stopped.err;
    EXPECT_EQ(stopped.last_line(), name);
    EXPECT_EQ(here.json(std::string(name) + "/summary.json").at("status"), "interrupted");
    EXPECT_TRUE(fs::exists(here.path(name) / "measured.json"));
    EXPECT_LT(here.journal(name).size(), 30u);
    Arguments more = long_job(name);
    more.push_back("--resume");
    EXPECT_EQ(here.cleave(more).code, 0);
  }
  EXPECT_EQ(here.cleave(long_job("whole")).code, 0);
  EXPECT_EQ(here.contents("int"), here.contents("whole"));
  EXPECT_EQ(here.contents("term"), here.contents("whole"));
}

TEST(Interruption, AKilledRunIsResumedToo) {
  const Workplace here;
  const auto run = here.start("cleave", long_job("run"));
  run->prints("round 3/30");
  run->signal(SIGKILL);
  EXPECT_EQ(run->wait().code, 128 + SIGKILL);
  Arguments more = long_job("run");
  more.push_back("--resume");
  EXPECT_EQ(here.cleave(more).code, 0);
  EXPECT_EQ(here.cleave(long_job("whole")).code, 0);
  EXPECT_EQ(here.contents("run"), here.contents("whole"));
}

}  // namespace
}  // namespace cleave::testing
