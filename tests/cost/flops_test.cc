// Work in closed form against the published numbers of ViT-B/16 and ViT-L/16 at 224 pixels, and
// against sums done by hand.
#include <gtest/gtest.h>

#include "common/cost/trace.h"

namespace cleave {
namespace {

// One image: 196 patches and the class row.
constexpr WorkTrace kImage{1, 197, 197 * 197};

JobShape vit(std::uint64_t width, std::uint64_t head, std::uint64_t body, std::uint64_t tail) {
  JobShape shape;
  shape.width = width;
  BlockShape block;
  block.linear = 12 * width * width;
  block.attention = width;
  shape.blocks.assign(head + body + tail, block);
  shape.patch_numbers = 16 * 16 * 3;
  shape.head_blocks = head;
  shape.body_blocks = body;
  shape.tail_blocks = tail;
  return shape;
}

// Multiply-adds of one forward pass of a sample through the client's parts.
double forward_macs(const JobShape& shape, const WorkTrace& sample) {
  RoundTrace round;
  round.participants.push_back({{}, 0, sample, {}, true});
  return flops(shape, round).client / 2;
}

TEST(Flops, OfAForwardPassAreThePublishedOnes) {
  EXPECT_NEAR(forward_macs(vit(768, 12, 0, 0), kImage), 17.563e9, 0.0005e9);
  EXPECT_NEAR(forward_macs(vit(1024, 24, 0, 0), kImage), 61.554e9, 0.0005e9);
}

TEST(Flops, OfThePatchEmbeddingAreThePublishedShare) {
  const double base = forward_macs(vit(768, 0, 12, 0), kImage);
  const double large = forward_macs(vit(1024, 0, 24, 0), kImage);
  EXPECT_EQ(base, 196.0 * 768 * 768);
  EXPECT_NEAR(base / 17.563e9, 0.00658, 0.000005);
  EXPECT_NEAR(large / 61.554e9, 0.00250, 0.000005);
}

TEST(Flops, OfOneBlockAreThePublishedShare) {
  const double embedding = forward_macs(vit(768, 0, 12, 0), kImage);
  const double block = forward_macs(vit(768, 1, 11, 0), kImage) - embedding;
  EXPECT_EQ(block, 12.0 * 768 * 768 * 197 + 2.0 * 197 * 197 * 768);
  EXPECT_NEAR(block / 17.563e9, 0.0828, 0.00005);
}

// Small enough to add up by hand: D = 2, so that a block's linear layers take 32 multiply-adds a
// row, 12 of them queries, keys and values, and each product of its attention 2 for every pair of
// rows.
JobShape hand() {
  JobShape shape;
  shape.width = 2;
  BlockShape block;
  block.linear = 32;
  block.entry = 12;
  block.attention = 2;
  shape.blocks.assign(4, block);
  shape.labels = 3;
  shape.head_blocks = 1;
  shape.body_blocks = 2;
  shape.tail_blocks = 1;
  shape.prompt_rows = 1;
  return shape;
}

TEST(Flops, OfAStepByHand) {
  // Two samples of 2 and 3 text rows, 3 and 4 with the prompt: 7 rows, 25 pairs.
  RoundTrace round;
  round.participants.push_back({{{2, 7}}, 0, {2, 5, 13}, {2, 7, 25}, false});
  const Flops work = flops(hand(), round);
  const double forward = 2 * (32 * 7 + 4 * 25) + 2 * 3 * 2;  // head, tail, classifier
  const double backward = 2 * (32 * 7 + 10 * 25) + 32 * 7    // inputs; the tail's weights
                          + 2 * 12;                          // the classifier's both
  EXPECT_EQ(work.client, 2 * (forward + backward));
  EXPECT_EQ(work.body, 2 * (2 * (32 * 7 + 4 * 25) + 2 * (32 * 7 + 10 * 25)));
}

TEST(Flops, ScoringIsOneForwardPassOverEverySampleWithoutThePrompt) {
  RoundTrace round;
  round.participants.push_back({{}, 1, {2, 5, 13}, {1, 3, 9}, true});
  JobShape shape = hand();
  const double once = 2.0 * (2 * (32 * 5 + 4 * 13) + 12);
  EXPECT_EQ(flops(shape, round).client, once);
  EXPECT_EQ(flops(shape, round).body, 0) << "the bypass skips the body";
  shape.scored_twice = true;
  EXPECT_EQ(flops(shape, round).client, 2 * once);
  shape.scored_twice = false;
  shape.score_with_prompt = true;
  EXPECT_EQ(flops(shape, round).client, 2.0 * (2 * (32 * 7 + 4 * 25) + 12));
}

TEST(Flops, BypassEpochsAreClientStepsOverTheKeptOrAllSamples) {
  RoundTrace round;
  round.participants.push_back({{}, 0, {2, 5, 13}, {1, 3, 9}, false});
  JobShape shape = hand();
  shape.bypass_epochs = 2;
  const auto step = [](double rows, double pairs, double samples) {
    return 2 * (2 * (32 * rows + 4 * pairs) + 2 * (32 * rows + 10 * pairs) + 32 * rows +
                3 * 6 * samples);
  };
  EXPECT_EQ(flops(shape, round).client, 2 * step(3, 9, 1));
  shape.bypass_over_all = true;
  EXPECT_EQ(flops(shape, round).client, 2 * step(7, 25, 2));
}

TEST(Flops, OfTheHeadEndWhereNothingIsTuned) {
  RoundTrace round;
  round.participants.push_back({{{2, 7}}, 0, {2, 5, 13}, {2, 7, 25}, false});
  JobShape shape = hand();
  const double whole = flops(shape, round).client;
  shape.gradient_block = 1;  // within block 0, after its first layers
  EXPECT_EQ(whole - flops(shape, round).client, 2.0 * 12 * 7);
  shape.tuned_block = 1;
  EXPECT_EQ(whole - flops(shape, round).client, 2.0 * (32 * 7 + 10 * 25));
}

TEST(Flops, OfPrefixesAndFactorsByHand) {
  RoundTrace round;
  round.participants.push_back({{{2, 5}}, 0, {2, 5, 13}, {2, 5, 13}, false});
  JobShape shape = hand();
  shape.prompt_rows = 0;
  const Flops plain = flops(shape, round);
  for (BlockShape& block : shape.blocks) block.prefix_rows = 3;
  // 15 more pairs in each of 7 products of two blocks on either side.
  EXPECT_EQ(flops(shape, round).client - plain.client, 2.0 * 2 * 7 * 2 * 15);
  EXPECT_EQ(flops(shape, round).body - plain.body, 2.0 * 2 * 7 * 2 * 15);
  for (BlockShape& block : shape.blocks) block.prefix_rows = 0;
  shape.blocks[1].added = {8, 16, 0};
  shape.added_step = {100, 200, 0};
  shape.batch = 4;
  EXPECT_EQ(flops(shape, round).client - plain.client, 2.0 * 300);
  EXPECT_EQ(flops(shape, round).body - plain.body, 2.0 * 24 * 5);
}

TEST(Flops, OfALanguageModelsFrozenOutputAreForEveryRowForwardAndBack) {
  RoundTrace round;
  round.participants.push_back({{{2, 7}}, 0, {2, 5, 13}, {2, 7, 25}, false});
  JobShape shape = hand();
  const double classes = 3.0 * 2 * 3 * 2;  // of two samples, with the weights' gradient
  const double whole = flops(shape, round).client;
  shape.vocabulary = 11;
  EXPECT_EQ(flops(shape, round).client - whole, 2 * (2.0 * 2 * 11 * 7 - classes));
}

TEST(Flops, TwoPassesAreTwiceTheWorkOfOne) {
  RoundTrace once, twice;
  once.participants.push_back({{{2, 7}}, 0, {2, 5, 13}, {2, 7, 25}, false});
  twice.participants.push_back({{{2, 7}, {1, 3}, {1, 4}}, 0, {2, 5, 13}, {2, 7, 25}, false});
  EXPECT_EQ(flops(hand(), twice).client, 2 * flops(hand(), once).client);
  EXPECT_EQ(flops(hand(), twice).body, 2 * flops(hand(), once).body);
}

}  // namespace
}  // namespace cleave
