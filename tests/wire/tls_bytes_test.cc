// TLS bytes are counted below the stream and equal the closed form: a frame leaves in full records
// of 16,384 bytes, each 22 bytes larger on the socket.
#include <gtest/gtest.h>

#include "common/wire/control.h"
#include "tests/support/run_coroutine.h"

namespace cleave::testing {
namespace {

std::uint64_t tls_bytes_of_frame(std::uint64_t payload) {
  const std::uint64_t frame = kHeaderBytes + payload;
  return frame + 22 * ((frame + 16383) / 16384);
}

class TlsBytesOfAFrame : public ::testing::TestWithParam<std::size_t> {};

INSTANTIATE_TEST_SUITE_P(WithPayload, TlsBytesOfAFrame,
                         ::testing::Values(0, 1, 16384 - 64, 16384 - 63, 100'000, 1 << 20,
                                           (1 << 20) - 64, (1 << 20) - 63, 5'000'000));

TEST_P(TlsBytesOfAFrame, AreTwentyTwoMoreARecordAtBothEnds) {
  asio::io_context io{1};
  TlsPair pair(io);
  Link& a = *pair.links.a;
  Link& b = *pair.links.b;
  FrameLimits limits;
  limits.max_payload.fill(kMaxPayloadBytes);
  b.allow(limits);
  const std::uint64_t sent = a.tls_bytes().sent, received = b.tls_bytes().received;
  const auto talk = [&]() -> asio::awaitable<void> {
    Frame frame;
    frame.header.kind = Kind::kState;
    frame.payload = Buffer(GetParam());
    std::fill(frame.payload.bytes().begin(), frame.payload.bytes().end(), std::byte(7));
    co_await a.send(std::move(frame));
    co_await b.receive();
  };
  run(io, talk());
  EXPECT_EQ(a.tls_bytes().sent - sent, tls_bytes_of_frame(GetParam()));
  EXPECT_EQ(b.tls_bytes().received - received, tls_bytes_of_frame(GetParam()));
}

TEST(TlsBytes, OfTheHandshakeMirrorAtTheTwoEnds) {
  asio::io_context io{1};
  TlsPair pair(io);
  const TlsBytes a = pair.links.a->tls_bytes(), b = pair.links.b->tls_bytes();
  EXPECT_GT(a.sent, 0u);
  EXPECT_EQ(a.sent, b.received);
  EXPECT_EQ(a.received, b.sent);
}

}  // namespace
}  // namespace cleave::testing
