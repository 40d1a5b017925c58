// The memory estimate by hand.
#include "common/cost/memory.h"

#include <gtest/gtest.h>

namespace cleave {
namespace {

TEST(Memory, OfATinyModelByHand) {
  JobShape shape;
  shape.width = 2;
  BlockShape block;
  block.linear = 32;
  block.vectors = 22;
  block.kept = 14;
  block.kept_trained = 30;
  shape.blocks.assign(5, block);
  shape.head_blocks = 1;
  shape.body_blocks = 3;
  shape.tail_blocks = 1;
  shape.state_numbers = 10;
  // 6 rows. A block: 32 weights, 22 numbers in vectors; 14 numbers a row are kept, 30 where
  // trained.
  const Memory memory = memory_estimate(shape, 6);
  EXPECT_EQ(memory.client_weights, 4.0 * (32 + 22));
  EXPECT_EQ(memory.body_weights, 3 * 4.0 * (32 + 22));
  EXPECT_EQ(memory.client_state, 4.0 * 4 * 10);
  EXPECT_EQ(memory.client_activations, 4.0 * 6 * (14 + 30));
  EXPECT_EQ(memory.body_activations, 3 * 4.0 * 6 * 14);
}

TEST(Memory, OfAStateGrowsWithTheCopiesThatItsTrainerKeeps) {
  JobShape shape;
  shape.state_numbers = 10;
  shape.state_copies = 5;
  EXPECT_EQ(memory_estimate(shape, 0).client_state, 4.0 * 5 * 10);
}

TEST(Memory, OfAHeadThatHoldsNothingTunedKeepsNothing) {
  JobShape shape;
  shape.head_blocks = 2;
  BlockShape block;
  block.kept = 14;
  shape.blocks.assign(2, block);
  shape.tuned_block = 1;
  EXPECT_EQ(memory_estimate(shape, 6).client_activations, 4.0 * 6 * 14);
  shape.tuned_block = 7;
  EXPECT_EQ(memory_estimate(shape, 6).client_activations, 0);
}

TEST(Memory, OfNoRowsHasNoActivations) {
  JobShape shape;
  shape.body_blocks = 1;
  shape.blocks.assign(1, {});
  EXPECT_EQ(memory_estimate(shape, 0).body_activations, 0);
}

}  // namespace
}  // namespace cleave
