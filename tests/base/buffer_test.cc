// Message bytes with room for a header in front.
#include "common/base/buffer.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace cleave {
namespace {

TEST(Buffer, PayloadIsAlignedAndLiesRightBehindItsHeadroom) {
  for (const std::size_t size : {0, 1, 63, 64, 65, 4096}) {
    Buffer buffer(size);
    EXPECT_EQ(buffer.size(), size);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 64, 0u);
    const auto whole = buffer.with_headroom();
    EXPECT_EQ(whole.size(), size + Buffer::kHeadroom);
    EXPECT_EQ(whole.data() + Buffer::kHeadroom, buffer.data());
    for (std::byte& byte : whole) byte = std::byte{1};
  }
}

TEST(Buffer, AnEmptyOneHoldsNothingUntilItsHeaderIsWritten) {
  Buffer buffer;
  EXPECT_EQ(buffer.size(), 0u);
  EXPECT_TRUE(buffer.bytes().empty());
  EXPECT_EQ(buffer.data(), nullptr);
  EXPECT_EQ(buffer.with_headroom().size(), Buffer::kHeadroom);
  EXPECT_TRUE(buffer.bytes().empty());
}

TEST(Buffer, MovesWithItsBytes) {
  Buffer first(3);
  first.bytes()[2] = std::byte{7};
  const std::byte* const where = first.data();
  const Buffer second = std::move(first);
  EXPECT_EQ(second.data(), where);
  EXPECT_EQ(second.bytes()[2], std::byte{7});
}

}  // namespace
}  // namespace cleave
