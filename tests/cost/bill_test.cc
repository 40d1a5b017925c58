// The bill against sums done by hand.
#include "common/cost/bill.h"

#include <gtest/gtest.h>

namespace cleave {
namespace {

TEST(Bill, OfOneSmallFrameIsItsPayloadAHeaderAndARecord) {
  EXPECT_EQ(bill_of({{{"update", {1, 40}}}, {}}), (Bill{40 + 64 + 22, 0, 0, 40 + 64 + 22, 0}));
}

TEST(Bill, OfNothingIsNothing) { EXPECT_EQ(bill_of({}), Bill{}); }

TEST(Bill, HoldsTrainingAndEvaluationInBothDirections) {
  const Cost cost{{{"report", {1, 100}}, {"eval_report", {1, 200}}},
                  {{"state", {2, 20}}, {"eval_state", {1, 10}}}};
  const Bill bill = bill_of(cost);
  EXPECT_EQ(bill.training, (100u + 86) + (20 + 2 * 86));
  EXPECT_EQ(bill.evaluation, (200u + 86) + (10 + 86));
  EXPECT_EQ(bill.up, (100u + 86) + (200 + 86));
  EXPECT_EQ(bill.down, (20u + 2 * 86) + (10 + 86));
  EXPECT_EQ(bill.total(), bill.training + bill.evaluation);
}

TEST(Bill, AFrameThatFillsItsRecordsTakesNoMore) {
  constexpr std::uint64_t kFull = 16384;
  const auto total = [](std::uint64_t bytes) {
    return bill_of({{{"smashed", {1, bytes - 64}}}, {}}).total();
  };
  EXPECT_EQ(total(kFull), kFull + 22);
  EXPECT_EQ(total(kFull + 1), kFull + 1 + 44);
  EXPECT_EQ(total(3 * kFull), 3 * kFull + 66);
}

TEST(Bill, OfManyFramesIsAtMostARecordEachAboveTheTruth) {
  for (const std::uint64_t size : {100u, 16384u, 20000u, 70000u}) {
    const std::uint64_t frames = 7;
    const std::uint64_t truth = frames * (size + 22 * ((size + 16383) / 16384));
    const std::uint64_t bill = bill_of({{{"smashed", {frames, frames * (size - 64)}}}, {}}).total();
    EXPECT_GE(bill, truth) << size;
    EXPECT_LE(bill, truth + 22 * frames) << size;
  }
}

}  // namespace
}  // namespace cleave
