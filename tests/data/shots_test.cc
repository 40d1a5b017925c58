// Few-shot choices.
#include "common/data/shots.h"

#include <gtest/gtest.h>

#include "tests/support/refusal.h"

namespace cleave::testing {
namespace {

Dataset of_labels(const std::vector<std::int32_t>& labels) {
  Dataset data;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    data.examples.push_back({{static_cast<std::int32_t>(i)}, 1, {}, labels[i]});
    data.groups.push_back(std::to_string(i));
  }
  return data;
}

std::vector<std::int32_t> ids_of(const Dataset& data) {
  std::vector<std::int32_t> ids;
  for (const Example& example : data.examples) ids.push_back(example.ids[0]);
  return ids;
}

const LabelMap kTwo({"no", "yes"});

TEST(Shots, EveryClassHasAsManyInTheDatasOrderWithTheirGroups) {
  const Dataset few =
      few_of_each_class(of_labels({0, 1, 0, 1, 0, 1, 0, 0, 1, 1}), kTwo, 2, 1, "data.train");
  EXPECT_EQ(label_counts(few.examples, 2), (std::vector<std::uint64_t>{2, 2}));
  const std::vector<std::int32_t> ids = ids_of(few);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  for (std::size_t i = 0; i < few.size(); ++i) {
    EXPECT_EQ(few.groups[i], std::to_string(ids[i]));
  }
}

TEST(Shots, AreAFunctionOfTheSeedAndOfTheData) {
  const Dataset all = of_labels(std::vector<std::int32_t>(100, 0));
  const LabelMap one({"only"});
  const auto chosen = [&](std::uint64_t seed, const char* what) {
    return ids_of(few_of_each_class(all, one, 8, seed, what));
  };
  EXPECT_EQ(chosen(1, "data.train"), chosen(1, "data.train"));
  EXPECT_NE(chosen(1, "data.train"), chosen(2, "data.train"));
  EXPECT_NE(chosen(1, "data.train"), chosen(1, "data.dev"));
}

TEST(Shots, AClassWithFewerIsRefusedByName) {
  const std::string why = refusal<DataError>([] {
    few_of_each_class(of_labels({0, 0, 0, 1}), kTwo, 2, 1, "data.train");
  });
  EXPECT_EQ(why, "data.shots = 2: data.train has 1 examples of \"yes\"; lower it");
}

}  // namespace
}  // namespace cleave::testing
