// The prices of the alternatives by hand.
#include "common/cost/alternatives.h"

#include <gtest/gtest.h>

#include "common/cost/bill.h"

namespace cleave {
namespace {

// Three blocks of 32 weights and 22 numbers in vectors; one row of prompt; 10 numbers of state on
// the client and 6 in the body.
JobShape tiny() {
  JobShape shape;
  shape.width = 2;
  shape.labels = 3;
  shape.state_numbers = 10;
  shape.body_numbers = 6;
  shape.prompt_rows = 1;
  shape.other_numbers = 100;
  shape.bypass_epochs = 1;
  BlockShape block;
  block.linear = 32;
  block.entry = 12;
  block.vectors = 22;
  block.attention = 2;
  block.query_value = 8;
  block.kept = 14;
  block.kept_trained = 30;
  block.added = {5, 5, 5};
  shape.blocks.assign(3, block);
  shape.head_blocks = 1;
  shape.body_blocks = 2;
  return shape;
}

// Two samples of 2 and 3 text rows, 3 and 4 with the prompt.
std::vector<RoundTrace> one_round() {
  RoundTrace round;
  round.participants.push_back({{{2, 7}}, 0, {2, 5, 13}, {2, 7, 25}, false});
  round.evaluations.push_back({{2, 7}});
  return {round};
}

Alternative of(std::size_t which) {
  const JobShape shape = tiny();
  const std::vector<RoundTrace> rounds = one_round();
  return alternatives({shape, rounds, {2, 7}, {2, 5, 13}}).at(which);
}

// What the rounds take where nothing crosses but `numbers` there, back, and to an evaluation, of
// what is the same in all: report, tallies, accounts.
std::uint64_t states(std::uint64_t numbers) { return 3 * 4 * numbers; }

TEST(Alternatives, OnTheDeviceTheWholeStateCrossesAndNoActivations) {
  const JobShape whole = whole_on_device(tiny());
  EXPECT_EQ(whole.head_blocks, 3u);
  EXPECT_EQ(whole.body_blocks, 0u);
  EXPECT_EQ(whole.state_numbers, 16u);
  const Cost form = cost(whole, one_round()[0]);
  EXPECT_FALSE(form.up.contains("smashed"));
  EXPECT_EQ(form.down.at("state").payload, 4u * 16);
}

TEST(Alternatives, LoraSendsItsFactorsAndTheClassifier) {
  const JobShape lora = federated_lora(tiny(), 8);
  EXPECT_EQ(lora.state_numbers, 3u * 8 * 8 + 3 * (2 + 1));
  EXPECT_EQ(lora.body_numbers, 0u);
}

TEST(Alternatives, FedAvgSendsEveryNumberOfTheModel) {
  EXPECT_EQ(full_fedavg(tiny()).state_numbers, 3u * (32 + 22) + 100 + 3 * (2 + 1));
}

TEST(Alternatives, DifferInBytesByTheirStatesAlone) {
  const auto lora = states(3 * 64 + 9), all = states(3 * 54 + 109), own = states(16);
  EXPECT_EQ(of(2).bytes - of(1).bytes, lora - own);
  EXPECT_EQ(of(3).bytes - of(2).bytes, all - lora);
}

TEST(Alternatives, LoraTakesTwoPassesWithItsFactorsAndTheFirstLayersGradientIsNotMade) {
  // 5 rows and 13 pairs in 3 blocks: linear layers and 64 factors forward and back, 64 more back,
  // 7 products of attention; the classifier thrice.
  const double blocks = 3 * (2 * 32 * 5 + 3 * 64 * 5 + 7 * 2 * 13);
  EXPECT_EQ(of(2).device_flops, 2 * (blocks - 12 * 5 + 3 * 6 * 2));
}

TEST(Alternatives, FedAvgTakesThreePasses) {
  const double blocks = 3 * (3 * 32 * 5 + 7 * 2 * 13);
  EXPECT_EQ(of(3).device_flops, 2 * (blocks + 3 * 6 * 2));
  // 271 numbers with gradients and two moments, and 30 numbers of each of 5 rows in each block.
  EXPECT_EQ(of(3).device_memory, 4.0 * 4 * 271 + 3 * 4.0 * 5 * 30);
}

TEST(Alternatives, TheDataAreSentOnceAsTokensOrPixels) {
  EXPECT_EQ(of(4).bytes, 4u * 2 + 4 * 5 + 64 + 22);
  EXPECT_EQ(of(4).device_flops + of(4).device_memory, 0);
  JobShape images = tiny();
  images.patch_numbers = 48;
  const std::vector<RoundTrace> rounds = one_round();
  const auto sent = alternatives({images, rounds, {2, 7}, {2, 5, 13}}).at(4);
  EXPECT_EQ(sent.bytes, 4u * 2 + 48 * 3 + 64 + 22);
}

TEST(Alternatives, BeginWithTheJobItself) {
  const JobShape shape = tiny();
  Cost sum = cost(shape, one_round()[0]);
  EXPECT_EQ(of(0).bytes, bill_of(shape, sum).total());
  EXPECT_EQ(of(0).device_flops, flops(shape, one_round()[0]).client);
}

}  // namespace
}  // namespace cleave
