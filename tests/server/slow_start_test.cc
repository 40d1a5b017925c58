// When a user is told that a job has not begun to learn, and what.
#include "server/coordinator/slow_start.h"

#include <gtest/gtest.h>

namespace cleave {
namespace {

// A journal line of one participant with so many steps, evaluated where `predicted` is given.
Json line_of(std::size_t steps, const std::vector<std::uint64_t>& predicted = {}) {
  Json line = {{"participants", Json::array({{{"batches", Json::array()}}})}};
  for (std::size_t i = 0; i < steps; ++i) line["participants"][0]["batches"].push_back({16, 400});
  if (predicted.empty()) return line;
  line["dev_accuracy"] = 0.5;
  line["dev"] = {{"predicted", predicted}};
  return line;
}

TEST(SlowStart, OneClassAfterFewStepsNamesTheKeysToRaise) {
  Job job;
  job.optimizer.lr_tail = 0.005;
  const std::string text = slow_start(line_of(4, {0, 200}), {}, job);
  for (const char* word : {"4 steps", "optimizer.lr_tail", "from 0.005 to 0.025", "optimizer.batch",
                           "phases.split_epochs", "federation.rounds"}) {
    EXPECT_NE(text.find(word), std::string::npos) << word << ": " << text;
  }
}

TEST(SlowStart, StepsOfRoundsThatWereNotEvaluatedCount) {
  EXPECT_NE(slow_start(line_of(4, {9, 0}), {line_of(3), line_of(5)}, Job()).find("12 steps"),
            std::string::npos);
}

TEST(SlowStart, NothingIsSaidOfTwoClassesManyStepsLaterRoundsOrWithoutEvaluation) {
  EXPECT_EQ(slow_start(line_of(4, {1, 199}), {}, Job()), "");
  EXPECT_EQ(slow_start(line_of(101, {0, 200}), {}, Job()), "");
  EXPECT_EQ(slow_start(line_of(4, {0, 200}), {line_of(4, {0, 200})}, Job()), "");
  EXPECT_EQ(slow_start(line_of(4), {}, Job()), "");
  EXPECT_EQ(slow_start(line_of(4, {200}), {}, Job()), "") << "there is one class only";
}

}  // namespace
}  // namespace cleave
