// Protobuf's wire format: what is written is read back, and what is broken is refused.
#include "common/data/sentence_piece/protobuf_fields.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "common/base/error.h"

namespace cleave {
namespace {

RC_GTEST_PROP(ProtobufFields, AreReadBackAsTheyWereWritten,
              (std::uint64_t number, float value, std::string bytes)) {
  std::string message;
  append_varint(message, 1, number);
  append_float(message, 300, value);
  append_bytes(message, (1u << 29) - 1, bytes);
  std::string_view rest = message;
  auto field = next_field(rest);
  RC_ASSERT(field->number == 1u && field->as_varint() == number);
  field = next_field(rest);
  RC_ASSERT(field->number == 300u && field->as_float() == value);
  field = next_field(rest);
  RC_ASSERT(field->number == (1u << 29) - 1 && field->as_bytes() == bytes);
  RC_ASSERT(!next_field(rest).has_value());
}

TEST(ProtobufFields, TheExampleOfTheFormatsPageIsRead) {
  std::string_view message("\x08\x96\x01\x12\x07testing", 12);
  EXPECT_EQ(next_field(message)->as_varint(), 150u);
  EXPECT_EQ(next_field(message)->as_bytes(), "testing");
  EXPECT_TRUE(message.empty());
}

TEST(ProtobufFields, BrokenOnesAreRefused) {
  for (const std::string_view broken :
       {"\x08", "\x80", "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\x12\x05ok",
        "\x0d\x01", "\x09\x01", "\x0b", "\x0c", "\x0f", "\x05\x01"}) {
    std::string_view rest = broken;
    EXPECT_THROW(next_field(rest), DataError) << ::testing::PrintToString(broken);
  }
}

TEST(ProtobufFields, AFieldOfAnotherTypeIsRefused) {
  std::string_view message("\x08\x01\x12\x01x", 5);
  const auto number = next_field(message), bytes = next_field(message);
  EXPECT_THROW(number->as_bytes(), DataError);
  EXPECT_THROW(number->as_float(), DataError);
  EXPECT_THROW(bytes->as_varint(), DataError);
}

}  // namespace
}  // namespace cleave
