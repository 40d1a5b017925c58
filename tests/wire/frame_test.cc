// The frame header: what is accepted survives the round trip, and each wrong field has its message.
#include "common/wire/frame.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <boost/crc.hpp>
#include <cstring>
#include <functional>

#include "common/base/error.h"

namespace cleave {
namespace {

using Bytes = std::array<std::byte, kHeaderBytes>;

FrameLimits everything(std::uint64_t limit = kMaxPayloadBytes) {
  FrameLimits limits;
  limits.max_payload.fill(limit);
  return limits;
}

template <class T>
void write(Bytes& bytes, std::size_t at, T value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

void seal(Bytes& bytes) {
  boost::crc_optimal<32, 0x1edc6f41, 0xffffffff, 0xffffffff, true, true> crc;
  crc.process_bytes(bytes.data(), 60);
  write(bytes, 60, crc.checksum());
}

// Three rows of width 5 in fp32, from two samples.
FrameHeader smashed() {
  FrameHeader header;
  header.kind = Kind::kSmashed;
  header.dtype = Dtype::kF32;
  header.rank = 3;
  header.dims = {3, 5, 2};
  header.payload_bytes = 3 * 5 * 4 + 2 * 4;
  return header;
}

std::string refusal(const Bytes& bytes, const FrameLimits& limits = everything()) {
  try {
    decode_header(bytes, limits);
  } catch (const ProtocolError& error) {
    return error.what();
  }
  return "accepted";
}

RC_GTEST_PROP(Frame, HeaderSurvivesTheRoundTrip, ()) {
  FrameHeader header;
  header.kind = kKinds[*rc::gen::inRange<std::size_t>(0, kKinds.size())].kind;
  header.round = *rc::gen::arbitrary<std::uint32_t>();
  header.step = *rc::gen::arbitrary<std::uint32_t>();
  header.sequence = *rc::gen::arbitrary<std::uint32_t>();
  header.dtype = *rc::gen::element(Dtype::kU8, Dtype::kF32, Dtype::kBf16);
  header.rank = *rc::gen::element<std::uint16_t>(0, 2, 3);
  for (std::size_t i = 0; i < header.rank; ++i) header.dims[i] = *rc::gen::inRange(0u, 1000u);
  header.payload_bytes =
      header.rank == 0 ? *rc::gen::inRange<std::uint64_t>(0, kMaxPayloadBytes + 1)
                       : std::uint64_t{header.dims[0]} * header.dims[1] * dtype_size(header.dtype) +
                             4 * header.dims[2];
  Bytes bytes;
  encode_header(header, bytes);
  const FrameHeader again = decode_header(bytes, everything());
  RC_ASSERT(again.kind == header.kind);
  RC_ASSERT(again.payload_bytes == header.payload_bytes);
  RC_ASSERT(again.round == header.round);
  RC_ASSERT(again.step == header.step);
  RC_ASSERT(again.sequence == header.sequence);
  RC_ASSERT(again.dtype == header.dtype);
  RC_ASSERT(again.rank == header.rank);
  RC_ASSERT(again.dims == header.dims);
}

RC_GTEST_PROP(Frame, WithOneBitFlippedIsRefused, ()) {
  Bytes bytes;
  encode_header(smashed(), bytes);
  const auto bit = *rc::gen::inRange<std::size_t>(0, 8 * kHeaderBytes);
  bytes[bit / 8] ^= std::byte(1 << bit % 8);
  RC_ASSERT(refusal(bytes) != "accepted");
}

RC_GTEST_PROP(Frame, OfRandomBytesIsRefused, (const std::array<std::uint8_t, kHeaderBytes>& raw)) {
  Bytes bytes;
  std::memcpy(bytes.data(), raw.data(), raw.size());
  RC_ASSERT(refusal(bytes) != "accepted");
}

TEST(Frame, HeaderIsLittleEndianAtTheDocumentedOffsets) {
  FrameHeader header = smashed();
  header.round = 0x01020304;
  header.sequence = 7;
  Bytes bytes;
  encode_header(header, bytes);
  EXPECT_EQ(std::memcmp(bytes.data(), "CLV1", 4), 0);
  EXPECT_EQ(bytes[4], std::byte(kProtocolVersion));
  EXPECT_EQ(bytes[6], std::byte(32));
  EXPECT_EQ(bytes[8], std::byte(68));
  EXPECT_EQ(bytes[24], std::byte(4));
  EXPECT_EQ(bytes[27], std::byte(1));
  EXPECT_EQ(bytes[32], std::byte(7));
  EXPECT_EQ(bytes[38], std::byte(3));
  EXPECT_EQ(bytes[44], std::byte(5));
}

struct WrongField {
  const char* name;
  const char* message;
  std::function<void(Bytes&)> spoil;
  bool sealed = true;  // with a right checksum
};

class FrameHeaderWith : public ::testing::TestWithParam<WrongField> {};

INSTANTIATE_TEST_SUITE_P(
    Frame, FrameHeaderWith,
    ::testing::Values(
        WrongField{"AWrongMagic", "wrong magic number; the peer does not speak Cleave",
                   [](Bytes& b) { write(b, 0, std::uint32_t{0x20544547}); }},
        WrongField{"AnotherVersion", "protocol version 2, this program has 1; install the same",
                   [](Bytes& b) { write(b, 4, std::uint16_t{2}); }},
        WrongField{"AnUnknownKind", "unknown kind 999",
                   [](Bytes& b) { write(b, 6, std::uint16_t{999}); }},
        WrongField{"APayloadAboveTheLimit",
                   "a smashed frame of 1152921504606846976 bytes is above its limit of 268435456",
                   [](Bytes& b) { write(b, 8, std::uint64_t{1} << 60); }},
        WrongField{"APayloadThatItsShapeDoesNotCallFor",
                   "shape calls for 68 bytes but its payload has 67",
                   [](Bytes& b) { write(b, 8, std::uint64_t{67}); }},
        WrongField{"ReservedBytes", "reserved bytes are not 0",
                   [](Bytes& b) { write(b, 23, std::uint8_t{1}); }},
        WrongField{"AnUnknownDtype", "unknown dtype code 2",
                   [](Bytes& b) { write(b, 36, std::uint16_t{2}); }},
        WrongField{"RankOne", "rank 1 is not 0, 2 or 3",
                   [](Bytes& b) { write(b, 38, std::uint16_t{1}); }},
        WrongField{"RankSix", "rank 6 is not 0, 2 or 3",
                   [](Bytes& b) { write(b, 38, std::uint16_t{6}); }},
        WrongField{"AnUnusedDimension", "unused dimension 4 is not 0",
                   [](Bytes& b) { write(b, 56, std::uint32_t{1}); }},
        WrongField{"ADimensionAboveTheLimit", "dimension 16777217 is above 2^24",
                   [](Bytes& b) { write(b, 40, std::uint32_t{(1 << 24) + 1}); }},
        WrongField{"AShapeWhoseProductIsHuge", "calls for 1125899906842632 bytes",
                   [](Bytes& b) {
                     write(b, 40, std::uint32_t{1 << 24});
                     write(b, 44, std::uint32_t{1 << 24});
                   }},
        WrongField{"AWrongChecksum", "checksum mismatch",
                   [](Bytes& b) { write(b, 24, std::uint32_t{5}); }, false}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_P(FrameHeaderWith, IsRefusedWithItsOwnMessage) {
  Bytes bytes;
  encode_header(smashed(), bytes);
  GetParam().spoil(bytes);
  if (GetParam().sealed) seal(bytes);
  const std::string message = refusal(bytes);
  EXPECT_NE(message.find(GetParam().message), std::string::npos) << message;
}

TEST(Frame, OfAKindWithoutALimitIsNotAllowed) {
  Bytes bytes;
  encode_header(smashed(), bytes);
  EXPECT_EQ(refusal(bytes, FrameLimits::control_only()),
            "a smashed frame is not allowed at this point");
}

TEST(Frame, AtItsLimitIsAcceptedAndOneByteAboveRefused) {
  Bytes bytes;
  encode_header(smashed(), bytes);
  EXPECT_EQ(refusal(bytes, everything(68)), "accepted");
  EXPECT_EQ(refusal(bytes, everything(67)), "a smashed frame of 68 bytes is above its limit of 67");
}

TEST(Frame, PingIsAllowedEverywhereButNeverWithAPayload) {
  FrameHeader ping;
  Bytes bytes;
  encode_header(ping, bytes);
  EXPECT_EQ(refusal(bytes, FrameLimits::control_only()), "accepted");
  ping.payload_bytes = 1;
  encode_header(ping, bytes);
  EXPECT_EQ(refusal(bytes, FrameLimits::control_only()),
            "a ping frame of 1 bytes is above its limit of 0");
}

}  // namespace
}  // namespace cleave
