// What peers write is shown and journalled: it must be UTF-8, on one line, and short.
#include "common/base/plain_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace cleave {
namespace {

TEST(PlainText, KeepsWhatIsPlain) {
  for (const std::string text : {"", "no such label", "h\u00f4pital \u4e2d\u6587 \U0001f600"}) {
    EXPECT_EQ(plain_text(text, 100), text);
  }
}

TEST(PlainText, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(plain_text("a\xff z", 100), "a? z");
  EXPECT_EQ(plain_text("\xc0\xaf", 100), "??");            // overlong
  EXPECT_EQ(plain_text("\xed\xa0\x80", 100), "???");       // a surrogate
  EXPECT_EQ(plain_text("\xf4\x90\x80\x80", 100), "????");  // above U+10FFFF
  EXPECT_EQ(plain_text("\xe4\xb8", 100), "??");            // broken off
}

TEST(PlainText, ReplacesWhatMovesTheCursor) {
  EXPECT_EQ(plain_text("a\nb\x1b[2Jc\x7f", 100), "a b [2Jc ");
  EXPECT_EQ(plain_text("a\u0085b\u2028c\u202ed", 100), "a b c d");
  EXPECT_EQ(plain_text(std::string("a\0b", 3), 100), "a b");
}

TEST(PlainText, IsCutBetweenCharacters) {
  EXPECT_EQ(plain_text("\u4e2d\u6587", 5), "\u4e2d");
  EXPECT_EQ(plain_text("abc", 2), "ab");
  EXPECT_EQ(plain_text(std::string(1 << 20, '\xff'), 7), "???????");
}

TEST(PlainText, OfAnyBytesIsAJsonString) {
  for (unsigned seed = 0; seed < 2000; ++seed) {
    std::string bytes;
    for (unsigned i = 0, x = seed * 2654435761u; i < 24; ++i, x = x * 1664525u + 1013904223u) {
      bytes += static_cast<char>(x >> 24 | (i % 3 == 0 ? 0x80 : 0));
    }
    EXPECT_NO_THROW(nlohmann::json(plain_text(bytes, 20)).dump()) << seed;
  }
}

}  // namespace
}  // namespace cleave
