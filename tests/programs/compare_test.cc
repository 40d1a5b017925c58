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

TEST(CompareCommand, AMethodWithoutASizeForTheBudgetRunsAtTheJobsOwnAndOneSeedHasNoInterval) {
  const Workplace here;
  // The budget is a prefix of 64 rows, which leaves texts none of the 48 positions.
  const Finished ended = here.cleave({"compare", "job.toml", "--methods", "ia3,prefix", "--budget",
                                      "16384", "--quick", "--seeds", "1", "--out", "c"});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("paired t interval"), std::string::npos) << ended.out;
  EXPECT_NE(ended.out.find("  -  "), std::string::npos) << ended.out;
  const Json prefix = here.json("c/compare.json").at("methods").at(1);
  EXPECT_EQ(prefix.at("trained"), 3 * 4 * 2 * 32);
  EXPECT_EQ(prefix.at("within_budget"), false);
  EXPECT_TRUE(prefix.at("interval_95").is_null());
}

TEST(CompareCommand, WhatAMethodsRunWouldRefuseIsRefusedBeforeTheFirstRun) {
  const Workplace here;
  expect_refused(here.cleave({"compare", "job.toml", "--methods", "ia3,prefix", "--budget", "640",
                              "--quick", "--set", "tuning.tokens=60", "--out", "c"}),
                 65, {"prefix: tuning.tokens = 60 leaves no room", "48"});
  EXPECT_FALSE(fs::exists(here.path("c"))) << "no run of ia3 either";
}

TEST(CompareCommand, SeedsThatAreAllFixedAreRefusedAndSomeAreNot) {
  const Workplace here;
  const Arguments three = {"--quick",          "--set", "seeds.partition=1", "--set",
                           "seeds.sampling=1", "--set", "seeds.batches=1"};
  EXPECT_EQ(here.cleave(comparison(three)).code, 0);
  Arguments four = three;
  four.insert(four.end(), {"--set", "seeds.init=1"});
  expect_refused(here.cleave(comparison(four)), 2,
                 {"seeds.partition, seeds.sampling, seeds.init and seeds.batches", "-1"});
}

}  // namespace
}  // namespace cleave::testing
