// The memory estimate by hand.
#include "common/cost/memory.h"

#include <gtest/gtest.h>

namespace cleave {
namespace {

TEST(Memory, OfATinyModelByHand) {
  JobShape shape;
  shape.width = 2;
  shape.intermediate = 4;
  shape.head_blocks = 1;
  shape.body_blocks = 3;
  shape.tail_blocks = 1;
  shape.state_numbers = 10;
  // 6 rows. A block: 4 * 4 + 2 * 8 weights, 9 * 2 + 4 in vectors; 7 * 2 + 4 numbers a row are kept.
  const Memory memory = memory_estimate(shape, 6);
  EXPECT_EQ(memory.client_weights, 4.0 * (32 + 22));
  EXPECT_EQ(memory.body_weights, 3 * 4.0 * (32 + 22));
  EXPECT_EQ(memory.client_state, 4.0 * 4 * 10);
  EXPECT_EQ(memory.client_activations, 2 * 4.0 * 6 * 18);
  EXPECT_EQ(memory.body_activations, 3 * 4.0 * 6 * 18);
}

TEST(Memory, OfAStateGrowsWithTheCopiesThatItsTrainerKeeps) {
  JobShape shape;
  shape.state_numbers = 10;
  shape.state_copies = 5;
  EXPECT_EQ(memory_estimate(shape, 0).client_state, 4.0 * 5 * 10);
}

TEST(Memory, OfNoRowsHasNoActivations) {
  JobShape shape;
  shape.width = 2;
  shape.body_blocks = 1;
  EXPECT_EQ(memory_estimate(shape, 0).body_activations, 0);
}

}  // namespace
}  // namespace cleave
