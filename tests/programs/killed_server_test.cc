// A server that is killed in the middle of a job, at any time, over and over.
#include "common/base/random.h"
#include "tests/programs/deployed.h"

namespace cleave::testing {
namespace {

constexpr int kTimes = 19;
const std::string kRounds = "federation.rounds=40";

std::map<std::string, std::string> run_to_the_end(Deployed& here, const Arguments& more) {
  const auto server = here.serve(more);
  const auto clients = here.join_all();
  const Finished finished = server->wait();
  EXPECT_EQ(finished.code, 0) << finished.err;
  return here.contents(more[1]);
}

TEST(KilledServer, IsResumedToTheBytesOfOneThatWasNotKilled) {
  Deployed here;
  const auto whole = run_to_the_end(here, {"--out", "whole", "--set", kRounds});
  Stream stream(9, "kills");
  for (int i = 0; i < kTimes; ++i) {
    const std::string run = "run-" + std::to_string(i);
    {
      const auto server = here.serve({"--out", run, "--set", kRounds});
      const auto clients = here.join_all();
      server->prints("\n    1 ");
      std::this_thread::sleep_for(std::chrono::milliseconds(stream.below(600)));
      server->signal(SIGKILL);
      server->wait();
    }
    const auto resumed = run_to_the_end(here, {"--out", run, "--set", kRounds, "--resume"});
    EXPECT_EQ(resumed, whole) << run;
  }
}

}  // namespace
}  // namespace cleave::testing
