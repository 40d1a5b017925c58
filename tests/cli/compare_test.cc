// What makes a comparison fair: sizes, rates and intervals.
#include <gtest/gtest.h>

#include "cli/compare/contender.h"
#include "cli/compare/statistics.h"
#include "common/base/error.h"
#include "tests/support/golden.h"
#include "tests/support/refusal.h"

namespace cleave::testing {
namespace {

Job bert_job() {
  Job job;
  job.model.path = (golden_folder() / "tiny" / "bert").string();
  job.tuning.tokens = 20;
  job.data.max_length = 16;
  return job;
}

TEST(Compare, EveryMethodWithASizeTrainsAsMuchAsTheFirstWithinFivePercent) {
  const Job job = bert_job();
  const ModelConfig config = load_model_config(job.model.path);
  const std::int64_t budget = trained_numbers(job, config);
  EXPECT_EQ(budget, 20 * 32);
  for (const char* method : {"prompt", "dept", "adept", "dpt", "ulpt"}) {
    const Contender contender = sized(job, config, method, budget);
    EXPECT_TRUE(contender.within_budget) << method << " trains " << contender.numbers;
    EXPECT_NEAR(static_cast<double>(contender.numbers), 640, 32) << method;
  }
}

TEST(Compare, AMethodThatCannotMeetTheBudgetKeepsTheJobsSizeAndSaysSo) {
  const Job job = bert_job();
  const ModelConfig config = load_model_config(job.model.path);
  const Contender lora = sized(job, config, "lora", 640);  // 512 at rank 1, 1024 at rank 2
  EXPECT_FALSE(lora.within_budget);
  EXPECT_EQ(lora.settings, (std::vector<std::string>{"tuning.method=lora"}));
  EXPECT_EQ(lora.numbers, 8 * 512);
  const Contender norm = sized(job, config, "norm", 640);
  EXPECT_FALSE(norm.within_budget);
  EXPECT_EQ(norm.numbers, 2 * 32 * 9);
}

TEST(Compare, RowsAfterAnAtSignAreKeptAndTheRankMeetsTheBudget) {
  const Job job = bert_job();
  const ModelConfig config = load_model_config(job.model.path);
  const Contender dept = sized(job, config, "dept@4", 640);
  EXPECT_EQ(dept.settings,
            (std::vector<std::string>{"tuning.method=dept", "tuning.tokens=4", "tuning.rank=11"}));
  EXPECT_EQ(dept.numbers, 4 * 32 + (16 + 32) * 11);
  EXPECT_TRUE(dept.within_budget);
  const Contender prompt = sized(job, config, "prompt@5", 640);
  EXPECT_EQ(prompt.numbers, 5 * 32);
  EXPECT_FALSE(prompt.within_budget);
  for (const char* wrong : {"dept@", "dept@x", "dept@0", "dept@4x"}) {
    EXPECT_NE(refusal<UsageError>([&] { sized(job, config, wrong, 640); }).find("rows"),
              std::string::npos);
  }
}

TEST(Compare, AMethodThatDoesNotExistIsRefusedWithTheNearest) {
  const Job job = bert_job();
  const std::string why =
      refusal<DataError>([&] { sized(job, load_model_config(job.model.path), "promt", 640); });
  EXPECT_NE(why.find("did you mean prompt"), std::string::npos) << why;
}

TEST(Compare, RatesAreTheSameNumberForEveryMethod) {
  EXPECT_EQ(rate_grid(false).size(), 3u);
  EXPECT_EQ(rate_settings(bert_job(), 0.2),
            (std::vector<std::string>{"optimizer.lr_prompt=0.010000000000000002",
                                      "optimizer.lr_factors=0.001"}));
}

TEST(Compare, ASizeThatLeavesTextsNoRowIsNotTaken) {
  Job job = bert_job();  // of 48 positions, of which a prefix takes its rows
  const ModelConfig config = load_model_config(job.model.path);
  const std::int64_t row = 4 * 2 * 32;
  const Contender most = sized(job, config, "prefix", 47 * row);
  EXPECT_TRUE(most.within_budget);
  EXPECT_EQ(most.numbers, 47 * row);
  const Contender prefix = sized(job, config, "prefix", 64 * row);
  EXPECT_FALSE(prefix.within_budget);
  EXPECT_EQ(prefix.settings, (std::vector<std::string>{"tuning.method=prefix"}));
  EXPECT_EQ(prefix.numbers, 20 * row) << "the job's own size";
  job.tuning.tokens = 64;  // no size for a prefix, whose own for the budget is
  EXPECT_EQ(sized(job, config, "prefix", 8 * row).numbers, 8 * row);
}

TEST(Compare, ASizeWhoseBatchFitsNoFrameOrTheJobRefusesIsNotTaken) {
  Job job = bert_job();
  const ModelConfig config = load_model_config(job.model.path);
  job.eval.batch = 1024;  // of texts with 16 rows: 2048 rows each at most, the prompt's among them
  EXPECT_TRUE(sized(job, config, "prompt", 2000 * 32).within_budget);
  EXPECT_FALSE(sized(job, config, "prompt", 3000 * 32).within_budget);
  job.federation.ranks = {"4", "8"};
  job.federation.aggregation = "product_svd";
  EXPECT_TRUE(sized(job, config, "lora", 10 * 512).within_budget);
  EXPECT_FALSE(sized(job, config, "lora", 6 * 512).within_budget) << "a client has rank 8";
}

// The numbers are Python's, with t from integrating Student's density.
TEST(PairedInterval, IsTheTIntervalOfTheDifferencesMean) {
  const std::vector<double> a{0.8, 0.9, 0.7}, b{0.75, 0.85, 0.65}, c{0.7, 0.9, 0.75};
  EXPECT_NEAR(paired_interval(a, b)->low, 0.05, 1e-12);
  EXPECT_NEAR(paired_interval(a, b)->high, 0.05, 1e-12);
  const Interval three = paired_interval(a, c).value();
  EXPECT_NEAR(three.low, -0.173062485, 1e-9);
  EXPECT_NEAR(three.high, 0.206395818, 1e-9);
  const Interval two = paired_interval(std::vector{0.8, 0.9}, std::vector{0.7, 0.9}).value();
  EXPECT_NEAR(two.low, -0.585310237, 1e-9);
  EXPECT_NEAR(two.high, 0.685310237, 1e-9);
  const Interval five = paired_interval(std::vector{0.81, 0.84, 0.79, 0.90, 0.86},
                                        std::vector{0.80, 0.80, 0.81, 0.85, 0.84})
                            .value();
  EXPECT_NEAR(five.low, -0.014004369, 1e-9);
  EXPECT_NEAR(five.high, 0.054004369, 1e-9);
  EXPECT_NEAR(deviation_of(std::vector<double>{1, 2, 3}), 1, 1e-12);
}

TEST(PairedInterval, OfOnePairThereIsNone) {
  EXPECT_FALSE(paired_interval(std::vector{0.8}, std::vector{0.7}).has_value());
}

}  // namespace
}  // namespace cleave::testing
