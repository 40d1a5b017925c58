// The closed form of traffic against sums done by hand.
//
// Payloads that are Protobuf: a tag is one byte (field numbers are below 16), a length is a varint,
// and every number has a fixed width. So Work is 3 * (1 + 8) = 27 bytes, 29 as a field; a tally of
// 19 kinds has 38 numbers a direction, 1 + 2 + 304 = 307 bytes, twice: 614.
#include <gtest/gtest.h>

#include "common/cost/trace.h"

namespace cleave {
namespace {

using Kinds = std::map<std::string, Traffic>;

JobShape tiny_shape() {
  JobShape shape;
  shape.width = 8;
  shape.bytes_per_number = 4;
  shape.state_numbers = 10;
  shape.labels = 2;
  shape.body_blocks = 1;
  return shape;
}

RoundTrace one_participant() {
  RoundTrace round;
  round.participants.push_back({{{2, 7}, {1, 3}}, 0, {3, 7, 17}, {3, 10, 34}, false});
  return round;
}

// all + kept, three losses, correct, two histograms of 2 labels, two lists of 2 steps, two tallies.
constexpr std::uint64_t kReport =
    2 * 29 + 3 * 9 + 9 + 2 * (1 + 1 + 16) + 2 * (1 + 1 + 8) + 2 * (1 + 2 + 614);

TEST(ClosedForm, OneParticipantWithTwoStepsByHand) {
  const Cost form = cost(tiny_shape(), one_participant());
  EXPECT_EQ(kReport, 1384u);
  EXPECT_EQ(form.up, (Kinds{{"smashed", {2, (7 + 3) * 8 * 4 + 4 * (2 + 1)}},
                            {"features_grad", {2, 320}},
                            {"tally", {1, 614}},
                            {"report", {1, kReport}},
                            {"update", {1, 40}}}));
  EXPECT_EQ(form.down, (Kinds{{"state", {1, 40}},
                              {"features", {2, 320}},
                              {"smashed_grad", {2, 320}},
                              {"tally", {1, 614}},
                              {"round_end", {1, 5}}}));
  EXPECT_EQ(training_payload(form.up), 332 + 320 + 614 + kReport + 40);
  EXPECT_EQ(training_payload(form.down), 40u + 320 + 320 + 614 + 5);
  EXPECT_EQ(training_frame_bytes(form.up), training_payload(form.up) + 7 * 64);
  EXPECT_EQ(training_frame_bytes(form.down), training_payload(form.down) + 7 * 64);
}

TEST(ClosedForm, HalfWidthNumbersHalveTheTensorsAndNothingElse) {
  JobShape shape = tiny_shape();
  shape.bytes_per_number = 2;
  const Cost form = cost(shape, one_participant());
  EXPECT_EQ(form.up.at("smashed").payload, 160u + 12);
  EXPECT_EQ(form.up.at("features_grad").payload, 160u);
  EXPECT_EQ(form.down.at("features").payload, 160u);
  EXPECT_EQ(form.down.at("smashed_grad").payload, 160u);
  EXPECT_EQ(form.down.at("state").payload, 40u) << "states travel in fp32";
  EXPECT_EQ(form.up.at("update").payload, 40u);
  EXPECT_EQ(form.up.at("report").payload, kReport);
}

TEST(ClosedForm, KeptIdsAreFourBytesEachWhereListed) {
  RoundTrace round = one_participant();
  round.participants[0].kept_listed = 3;
  EXPECT_EQ(cost(tiny_shape(), round).up.at("report").payload, kReport + 1 + 1 + 12);
  round.participants[0].kept_listed = 100;  // 400 bytes: the length takes two
  EXPECT_EQ(cost(tiny_shape(), round).up.at("report").payload, kReport + 1 + 2 + 400);
}

TEST(ClosedForm, AParticipantWithoutStepsStillExchangesStates) {
  RoundTrace round;
  round.participants.emplace_back();
  const Cost form = cost(tiny_shape(), round);
  EXPECT_FALSE(form.up.contains("smashed"));
  EXPECT_EQ(form.up.at("report").payload, kReport - 2 * 10);
  EXPECT_EQ(form.down.at("state").frames, 1u);
}

TEST(ClosedForm, AnEvaluationByHandAndOutsideTheTrainingTotals) {
  RoundTrace round;
  round.evaluations.push_back({{2, 7}});
  const Cost form = cost(tiny_shape(), round);
  EXPECT_EQ(form.down, (Kinds{{"eval_state", {1, 40}}, {"eval_features", {1, 224}}}));
  // work, loss, 2 x 2 counts, two lists of one batch, two tallies.
  const std::uint64_t report = 29 + 9 + (1 + 1 + 32) + 2 * (1 + 1 + 4) + 2 * (1 + 2 + 614);
  EXPECT_EQ(report, 1318u);
  EXPECT_EQ(form.up, (Kinds{{"eval_smashed", {1, 224 + 8}}, {"eval_report", {1, report}}}));
  EXPECT_EQ(training_payload(form.up) + training_payload(form.down), 0u);
  EXPECT_EQ(training_frame_bytes(form.up) + training_frame_bytes(form.down), 0u);
}

TEST(ClosedForm, NothingCrossesABodyWithoutBlocks) {
  JobShape shape = tiny_shape();
  shape.body_blocks = 0;
  RoundTrace round = one_participant();
  round.evaluations.push_back({{2, 7}});
  const Cost form = cost(shape, round);
  for (const char* kind : {"smashed", "features_grad", "eval_smashed"}) {
    EXPECT_FALSE(form.up.contains(kind)) << kind;
  }
  for (const char* kind : {"features", "smashed_grad", "eval_features"}) {
    EXPECT_FALSE(form.down.contains(kind)) << kind;
  }
  EXPECT_EQ(form.up.at("report").payload, kReport);
  EXPECT_EQ(form.up.at("tally").frames, 1u);
}

TEST(ClosedForm, RoundsAndParticipantsAddUp) {
  RoundTrace twice = one_participant();
  twice.participants.push_back(twice.participants[0]);
  Cost sum = cost(tiny_shape(), one_participant());
  sum += cost(tiny_shape(), one_participant());
  EXPECT_EQ(cost(tiny_shape(), twice), sum);
  EXPECT_EQ(cost(tiny_shape(), {}), Cost{});
}

// Published ratios of a round's traffic to full fine-tuning's 2 Wb: 133 kept images a client, no
// prompt, four tensors of 197 rows each (spec sfprompt.md 5.3, 7).
TEST(ClosedForm, ReproducesTheHeadlineRatiosOfActivationsToWeights) {
  const auto ratio = [](std::uint64_t width, double parameters) {
    JobShape shape;
    shape.width = width;
    shape.body_blocks = 1;
    RoundTrace round;
    round.participants.emplace_back();
    for (int i = 0; i < 133; ++i) round.participants[0].steps.push_back({1, 197});
    const Cost form = cost(shape, round);
    const double tensors = static_cast<double>(
        form.up.at("smashed").payload - 4 * 133 + form.up.at("features_grad").payload +
        form.down.at("features").payload + form.down.at("smashed_grad").payload);
    return tensors / (2 * 4 * parameters);
  };
  EXPECT_NEAR(ratio(768, 85'798'656), 0.469, 0.0005);
  EXPECT_NEAR(ratio(1024, 303'301'632), 0.177, 0.0005);
}

}  // namespace
}  // namespace cleave
