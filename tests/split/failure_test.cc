// The n-th link operation fails, for n = 0, 1, 2, ... until a run is clean: never a hang, and the
// round ends with whoever is left.
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "tests/support/failing_link.h"
#include "tests/support/tiny_run.h"

namespace cleave::testing {
namespace {

Job two_clients() {
  Job job = tiny_job(1, 0);
  job.federation.clients = job.federation.per_round = 2;
  job.federation.rounds = 1;
  job.optimizer.batch = 16;
  job.eval.batch = 16;
  return job;
}

TEST(Failure, OfAnyLinkOperationEndsInAnErrorOrARoundWithoutThatClient) {
  const TemporaryFolder folder;
  int failed = 0, incomplete = 0, clean = -1;
  for (int n = 0; clean < 0; ++n) {
    ASSERT_LT(n, 500) << "no run was clean";
    const auto countdown = std::make_shared<Countdown>(Countdown{n});
    SimulationOptions options;
    options.wrap_link = [&](std::unique_ptr<Link> link) {
      return std::make_unique<FailingLink>(std::move(link), countdown);
    };
    const fs::path path = folder / std::to_string(n);
    try {
      const Json summary = run_tiny(two_clients(), path, options);
      if (countdown->left >= 0) clean = n;
      const RunFolder run = RunFolder::open(path);
      const Json& line = run.rounds().at(0);
      const std::size_t lost = line.at("lost").size();
      incomplete += lost > 0;
      EXPECT_LE(lost, 1u);
      EXPECT_GE(line.at("participants").size(), 1u) << n;
      EXPECT_TRUE(summary.at("bytes").at("equal_to_closed_form").get<bool>()) << n;
    } catch (const Error& error) {
      ++failed;
      EXPECT_NE(std::string(error.what()), "");
      EXPECT_EQ(Json::parse(contents(path)["summary.json"]).at("status"), "failed");
    }
  }
  EXPECT_GT(failed, 0) << "a failure while joining must end the job";
  EXPECT_GT(incomplete, 0) << "a failure in the round must cost one client only";
}

TEST(Failure, WithFewerThanMinClientsTheJobStops) {
  const TemporaryFolder folder;
  Job job = two_clients();
  job.federation.min_clients = 2;
  SimulationOptions options;
  const auto countdown = std::make_shared<Countdown>(Countdown{24});  // within the steps
  options.wrap_link = [&](std::unique_ptr<Link> link) {
    return std::make_unique<FailingLink>(std::move(link), countdown);
  };
  try {
    run_tiny(job, folder / "run", options);
    FAIL() << "must stop";
  } catch (const UnavailableError& error) {
    EXPECT_NE(std::string(error.what()).find("min_clients is 2"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace cleave::testing
