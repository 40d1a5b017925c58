// EL2N and which samples are kept.
#include "client/pruning.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "common/base/files.h"
#include "common/base/safetensors.h"

namespace cleave {
namespace {

using Positions = std::vector<std::uint32_t>;
using Labels = std::vector<std::int32_t>;

double score(std::vector<float> logits, std::int32_t label) { return el2n(logits, label); }

TEST(El2n, HasTheKnownAnswers) {
  EXPECT_NEAR(score({2, 1, 0}, 0), 0.424336, 5e-7);
  EXPECT_NEAR(score({2, 1, 0}, 1), 1.010488, 5e-7);
  EXPECT_NEAR(score({2, 1, 0}, 2), 1.153465, 5e-7);
  EXPECT_NEAR(score({0, 0, 10}, 0), 1.414117, 5e-7);
  EXPECT_NEAR(score({0, 0, 10}, 2), 1.112e-4, 5e-8);
}

TEST(El2n, OfAUniformOutputIsTheSameForEveryLabel) {
  for (const std::size_t classes : {2, 3, 4, 10, 100, 1000}) {
    const double expected = std::sqrt(1 - 1.0 / static_cast<double>(classes));
    for (const std::int32_t label : {0, 1}) {
      EXPECT_NEAR(score(std::vector<float>(classes, 0.3f), label), expected, 1e-7) << classes;
    }
  }
}

TEST(El2n, LargeLogitsDoNotOverflowAndOneClassIsZero) {
  EXPECT_EQ(score({1000, 0, 0}, 0), 0);
  EXPECT_NEAR(score({1000, 0, 0}, 1), std::sqrt(2.0), 1e-12);
  EXPECT_NEAR(score({-3e38f, 3e38f}, 0), std::sqrt(2.0), 1e-12);
  EXPECT_EQ(score({5}, 0), 0);
}

RC_GTEST_PROP(El2n, LiesFromZeroToRootTwoAndIgnoresAShiftOfAllLogits, ()) {
  const auto whole =
      *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(-40, 40)));
  const std::vector<float> logits(whole.begin(), whole.end());
  const auto label = *rc::gen::inRange<std::int32_t>(0, static_cast<std::int32_t>(logits.size()));
  const double value = el2n(logits, label);
  RC_ASSERT(value >= 0 && value <= std::sqrt(2.0));
  std::vector<float> shifted = logits;
  for (float& logit : shifted) logit += 64;
  RC_ASSERT(el2n(shifted, label) == value);
}

// A tensor of the fixture tests/golden/el2n.
class Fixture {
 public:
  Fixture()
      : bytes_(read_file(fs::path(CLEAVE_SOURCE_DIR) / "tests/golden/el2n.safetensors", 1 << 20)),
        header_(parse_safetensors_header(std::as_bytes(std::span(bytes_)), bytes_.size())) {}
  template <class T>
  std::vector<T> get(const char* name) const {
    const TensorInfo& info = header_.tensors.at(name);
    std::vector<T> out((info.end - info.begin) / sizeof(T));
    std::memcpy(out.data(), bytes_.data() + info.begin, info.end - info.begin);
    return out;
  }

 private:
  std::string bytes_;
  SafetensorsHeader header_;
};

TEST(El2n, EqualsTheFixtureInScoresAndRanks) {
  const Fixture fixture;
  for (const std::string suffix : {"", "2"}) {
    const auto logits = fixture.get<float>(("logits" + suffix).c_str());
    const auto labels = fixture.get<std::int64_t>(("labels" + suffix).c_str());
    const auto expected = fixture.get<float>(("scores" + suffix).c_str());
    const std::size_t classes = logits.size() / labels.size();
    std::vector<double> scores;
    for (std::size_t i = 0; i < labels.size(); ++i) {
      scores.push_back(el2n(std::span(logits).subspan(i * classes, classes),
                            static_cast<std::int32_t>(labels[i])));
      EXPECT_NEAR(scores[i], expected[i], 1e-6) << suffix << i;
    }
    const auto kept = fixture.get<std::int64_t>(("keep_half" + suffix).c_str());
    EXPECT_EQ(keep_hardest(scores, 0.5), Positions(kept.begin(), kept.end()));
    if (!suffix.empty()) continue;
    const auto order = fixture.get<std::int64_t>("order");
    EXPECT_EQ(keep_hardest(scores, 1), Positions(order.begin(), order.end()));
  }
}

TEST(Keep, CountsRoundUpButNotOverRoundingNoise) {
  EXPECT_EQ(keep_count(0.07, 100), 7u);
  EXPECT_EQ(keep_count(0.55, 100), 55u);
  EXPECT_EQ(keep_count(0.5, 7), 4u);
  EXPECT_EQ(keep_count(0.001, 10), 1u);
  EXPECT_EQ(keep_count(1, 10), 10u);
  EXPECT_EQ(keep_count(0, 10), 0u);
  EXPECT_EQ(keep_count(0.5, 0), 0u);
}

TEST(Keep, EveryPercentageOfEveryCountIsTheExactCeiling) {
  for (std::size_t percent = 0; percent <= 100; ++percent) {
    for (std::size_t n = 0; n <= 1000; ++n) {
      ASSERT_EQ(keep_count(static_cast<double>(percent) / 100, n), (percent * n + 99) / 100)
          << percent << " % of " << n;
    }
  }
}

TEST(Keep, BothSidesCountWhatARoundKeeps) {
  Job job;
  job.phases.keep = 0.5;
  job.phases.prune_from_round = 2;
  EXPECT_EQ(kept_samples(job, 1, {3, 5}), 8u);
  EXPECT_EQ(kept_samples(job, 2, {3, 5}), 5u) << "2 of 3 and 3 of 5";
  job.phases.selection = "global";
  EXPECT_EQ(kept_samples(job, 2, {3, 5}), 4u);
}

TEST(Keep, TheHardestComeFirstAndTiesByLowerPosition) {
  EXPECT_EQ(keep_hardest(std::vector<double>{0.1, 0.9, 0.5, 0.9}, 0.75), (Positions{1, 3, 2}));
  EXPECT_EQ(keep_hardest(std::vector<double>(6, 0.7071), 0.5), (Positions{0, 1, 2}));
  EXPECT_TRUE(keep_hardest({}, 0.5).empty());
}

TEST(Keep, ScoresThatDifferByRoundingNoiseAreTies) {
  const double score = std::sqrt(0.75);
  EXPECT_EQ(keep_hardest(std::vector<double>{score - 1e-9, score, score + 1e-9}, 1),
            (Positions{0, 1, 2}));
}

TEST(Keep, WithinLabelsEachLabelHasItsOwnQuota) {
  const std::vector<double> scores = {0.9, 0.8, 0.7, 0.6, 0.1, 0.2, 0.3};
  const Labels labels = {0, 0, 0, 0, 1, 1, 1};
  EXPECT_EQ(keep_hardest_by_label(scores, labels, 0.5), (Positions{0, 1, 5, 6}));
  EXPECT_EQ(keep_hardest_by_label(scores, labels, 0.01), (Positions{0, 6}))
      << "every label keeps one";
  EXPECT_EQ(keep_hardest_by_label(scores, labels, 1), (Positions{0, 1, 2, 3, 4, 5, 6}));
}

RC_GTEST_PROP(Keep, IsASetOfTheRightSizeAndNothingDroppedIsHarder, ()) {
  const auto raw = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 12));
  const double keep = *rc::gen::inRange(0, 101) / 100.0;
  std::vector<double> scores(raw.begin(), raw.end());
  Labels labels;
  for (std::size_t i = 0; i < raw.size(); ++i) labels.push_back(*rc::gen::inRange(0, 3));

  const Positions kept = keep_hardest(scores, keep);
  const std::set<std::uint32_t> set(kept.begin(), kept.end());
  RC_ASSERT(kept.size() == keep_count(keep, scores.size()));
  RC_ASSERT(set.size() == kept.size());
  for (std::uint32_t i = 0; i < scores.size(); ++i) {
    if (!kept.empty() && !set.contains(i)) RC_ASSERT(scores[i] <= scores[kept.back()]);
  }

  const Positions balanced = keep_hardest_by_label(scores, labels, keep);
  RC_ASSERT(std::is_sorted(balanced.begin(), balanced.end()));
  std::map<std::int32_t, std::size_t> all, own;
  for (const std::int32_t label : labels) ++all[label];
  for (const std::uint32_t i : balanced) ++own[labels[i]];
  for (const auto& [label, n] : all) RC_ASSERT(own[label] == keep_count(keep, n));
}

TEST(Keep, RandomScoresAreAFunctionOfTheirStream) {
  const auto scores = random_scores(100, Stream(1, "selection", 2, "client-01"));
  EXPECT_EQ(scores, random_scores(100, Stream(1, "selection", 2, "client-01")));
  EXPECT_NE(scores, random_scores(100, Stream(1, "selection", 3, "client-01")));
  for (const double s : scores) EXPECT_TRUE(s >= 0 && s < 1);
}

}  // namespace
}  // namespace cleave
