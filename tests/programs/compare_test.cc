// cleave compare as a program: its trials are runs like any other, in processes of their own.
#include "tests/programs/workplace.h"

namespace cleave::testing {
namespace {

Arguments comparison(const Arguments& more = {}) {
  Arguments out = {"compare", "job.toml", "--methods", "prompt,lora", "--seeds",
                   "2",       "--out",    "c",         "--set",       "federation.partition=iid"};
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

TEST(CompareCommand, GivesEveryMethodTheSameTrialsAndReportsItsRuns) {
  const Workplace here;
  const Finished ended = here.cleave(comparison());
  ASSERT_EQ(ended.code, 0) << ended.err;
  const Json result = here.json("c/compare.json");
  ASSERT_EQ(result.at("methods").size(), 2u);
  for (const Json& method : result.at("methods")) {
    const std::string name = method.at("method");
    EXPECT_EQ(method.at("held_out").size(), 3u);
    ASSERT_EQ(method.at("scores").size(), 2u);
    for (int seed = 1; seed <= 2; ++seed) {
      const Json summary =
          here.json("c/runs/" + name + "-seed" + std::to_string(seed) + "/summary.json");
      EXPECT_EQ(summary.at("seed"), seed);
      EXPECT_EQ(method.at("scores").at(seed - 1), summary.at("dev_accuracy_last_five"));
    }
  }
}

TEST(CompareCommand, ReadsWhatIsThereAndRefusesTheTrialsOfAnotherJob) {
  const Workplace here;
  ASSERT_EQ(here.cleave(comparison({"--quick"})).code, 0);
  const std::string first = here.read("c/compare.json");
  const Finished again = here.cleave(comparison({"--quick"}));
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_EQ(here.read("c/compare.json"), first);
  expect_refused(here.cleave(comparison({"--quick", "--set", "federation.rounds=2"})), 2,
                 {"prompt-seed1", "job.toml differs", "--out"});
  EXPECT_EQ(here.read("c/compare.json"), first);
}

}  // namespace
}  // namespace cleave::testing
