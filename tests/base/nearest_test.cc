// Suggestions for mistyped names.
#include "common/base/nearest.h"

#include <gtest/gtest.h>

namespace cleave {
namespace {

const std::vector<std::string_view> kNames = {"seed", "optimizer.lr_prompt", "optimizer.lr_tail",
                                              "federation.rounds"};

TEST(Nearest, ATypoFindsItsName) {
  EXPECT_EQ(did_you_mean("optimizer.lr_promt", kNames), " (did you mean optimizer.lr_prompt?)");
  EXPECT_EQ(did_you_mean("sead", kNames), " (did you mean seed?)");
}

TEST(Nearest, AForgottenSectionFindsItsName) {
  EXPECT_EQ(did_you_mean("lr_tial", kNames), " (did you mean optimizer.lr_tail?)");
  EXPECT_EQ(did_you_mean("rounds", kNames), " (did you mean federation.rounds?)");
}

TEST(Nearest, WhatResemblesNothingGetsNoSuggestion) {
  EXPECT_EQ(did_you_mean("xyzzy", kNames), "");
  EXPECT_EQ(did_you_mean("anything", {}), "");
}

TEST(Nearest, AMegabyteOfNameCostsNoMoreThanItsStart) {
  EXPECT_EQ(did_you_mean(std::string(1 << 20, 'x'), kNames), "");
}

TEST(Nearest, AListReadsAsASentence) {
  EXPECT_EQ(one_of({}), "");
  EXPECT_EQ(one_of({"a"}), "a");
  EXPECT_EQ(one_of({"a", "b"}), "a or b");
  EXPECT_EQ(one_of({"a", "b", "c"}), "a, b or c");
}

}  // namespace
}  // namespace cleave
