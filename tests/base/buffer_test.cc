// Message bytes with room for a header in front.
#include "common/base/buffer.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace cleave {
namespace {

constexpr std::size_t kLarge = 256 << 10;  // lies outside the heap

TEST(Buffer, PayloadIsAlignedAndLiesRightBehindItsHeadroom) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{63}, std::size_t{64}, std::size_t{65},
        kLarge - 65, kLarge - 64, kLarge, 3 * kLarge + 1}) {
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

TEST(Buffer, MayTakeThePlaceOfOneOfAnotherSize) {
  Buffer buffer(3);
  for (const std::size_t size : {2 * kLarge, kLarge, std::size_t{5}, kLarge}) {
    Buffer next(size);
    next.bytes().back() = std::byte{9};
    buffer = std::move(next);
    EXPECT_EQ(buffer.size(), size);
    EXPECT_EQ(buffer.bytes().back(), std::byte{9});
  }
}

}  // namespace
}  // namespace cleave
