// Texts that carry their own SHA-256, against digests that Python's hashlib gave.
#include "common/base/seal.h"

#include <gtest/gtest.h>

namespace cleave {
namespace {

std::string unsealed() { return R"({"a":1,"sha256":")" + std::string(kUnsealed) + "\"}"; }
constexpr std::size_t kAt = 17;

TEST(Seal, IsTheSha256OfTheTextWithZerosInItsPlace) {
  std::string text = unsealed();
  seal(text, kAt);
  EXPECT_EQ(text.substr(kAt, 64),
            "172db715148acb74b4ccb5faaf4c8f7be67421182ed596d45374fb310ab24984");
  EXPECT_TRUE(is_sealed(text, kAt));
  text = unsealed();
  seal(text, kAt, "before");
  EXPECT_EQ(text.substr(kAt, 64),
            "5696a628c7d52d1e0942cd09be5f59c8441ffd866b9fe2df8b5360fd13ca995b");
  EXPECT_TRUE(is_sealed(text, kAt, "before"));
  EXPECT_FALSE(is_sealed(text, kAt, "Before"));
  EXPECT_FALSE(is_sealed(text, kAt));
}

TEST(Seal, EveryFlippedBitShows) {
  std::string text = unsealed();
  seal(text, kAt);
  for (std::size_t i = 0; i < text.size() * 8; ++i) {
    std::string other = text;
    other[i / 8] = static_cast<char>(other[i / 8] ^ (1 << i % 8));
    EXPECT_FALSE(is_sealed(other, kAt)) << i;
  }
}

TEST(Seal, ATextThatEndsInsideOfItsSealIsNotSealed) {
  std::string text = unsealed();
  seal(text, kAt);
  EXPECT_FALSE(is_sealed(text.substr(0, kAt + 63), kAt));
  EXPECT_FALSE(is_sealed("", 0));
  EXPECT_FALSE(is_sealed("", 5));
}

}  // namespace
}  // namespace cleave
