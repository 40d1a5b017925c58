// Pings keep a link alive while its peer computes; a peer that has really gone silent, or sends
// what no link sends, is noticed.
#include <gtest/gtest.h>

#include "common/base/error.h"
#include "common/base/lane.h"
#include "common/wire/control.h"
#include "tests/support/raw_tls_peer.h"
#include "tests/support/refusal.h"
#include "tests/support/run_coroutine.h"

namespace cleave::testing {
namespace {

Deadlines silence_of(int milliseconds) {
  Deadlines deadlines;
  deadlines.silence = std::chrono::milliseconds(milliseconds);
  return deadlines;
}

asio::awaitable<void> compute_then_send(Lane& lane, Link& link) {
  co_await lane.run([] { std::this_thread::sleep_for(std::chrono::milliseconds(1500)); });
  const Ready ready{5, {}, 0};
  co_await link.send(ready_frame(ready));
}

TEST(Silence, DoesNotEndALinkWhosePeerComputesForLongerThanTheDeadline) {
  asio::io_context io{1};
  TlsPair pair(io, silence_of(500));
  Lane lane(1);
  asio::co_spawn(io, compute_then_send(lane, *pair.links.a), asio::detached);
  const auto wait = [&]() -> asio::awaitable<Ready> {
    co_return parse_ready(co_await pair.links.b->receive());
  };
  EXPECT_EQ(run(io, wait()).samples, 5u);
  EXPECT_GE(pair.links.b->ledger().received[Kind::kPing].frames, 3u);
}

TEST(Silence, DoesNotMatterWhileNothingIsAwaited) {
  asio::io_context io{1};
  TlsPair pair(io, silence_of(100));
  io.restart();
  io.run_for(std::chrono::milliseconds(500));
  const auto talk = [&]() -> asio::awaitable<Ready> {
    const Ready ready{5, {}, 0};
    co_await pair.links.a->send(ready_frame(ready));
    co_return parse_ready(co_await pair.links.b->receive());
  };
  EXPECT_EQ(run(io, talk()).samples, 5u);
}

// A link whose peer is a RawTlsPeer that says `bytes` and then nothing.
class LinkToARawPeer : public ::testing::Test {
 protected:
  void dial() {
    const auto accept = [&]() -> asio::awaitable<void> {
      asio::ip::tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
      link = co_await tls_accept(server, std::move(socket), silence_of(200));
    };
    asio::co_spawn(io, accept(), asio::detached);
    run(io, peer.connect(acceptor.local_endpoint().port()));
    while (!link) io.restart(), io.run_one();
  }
  template <class E>
  std::string complaint(std::string bytes) {
    dial();
    asio::co_spawn(io, peer.write(std::move(bytes)), asio::detached);
    const auto receive = [&]() -> asio::awaitable<void> {
      for (;;) co_await link->receive();
    };
    return refusal<E>([&] { run(io, receive()); });
  }

  asio::io_context io{1};
  TestPki pki;
  asio::ssl::context server = make_tls_context(pki.credentials("server"), TlsSide::kServer);
  asio::ssl::context client = make_tls_context(pki.credentials("client"), TlsSide::kClient);
  asio::ip::tcp::acceptor acceptor{io,
                                   asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  RawTlsPeer peer{io, client};
  std::unique_ptr<Link> link;
};

// A header as bytes, whatever it claims; no link would send it.
std::string header_bytes(const FrameHeader& header) {
  std::string bytes(kHeaderBytes, '\0');
  encode_header(header, std::span<std::byte, kHeaderBytes>(
                            reinterpret_cast<std::byte*>(bytes.data()), kHeaderBytes));
  return bytes;
}

FrameHeader header_of(Kind kind, std::uint64_t payload) {
  FrameHeader header;
  header.kind = kind;
  header.payload_bytes = payload;
  return header;
}

TEST_F(LinkToARawPeer, ThatIsSilentIsGivenUp) {
  EXPECT_EQ(complaint<UnavailableError>(""), "lost client: silent for 0.200 s");
}

TEST_F(LinkToARawPeer, ThatStopsInsideAHeaderIsGivenUp) {
  EXPECT_EQ(complaint<UnavailableError>(header_bytes(header_of(Kind::kPing, 0)).substr(0, 32)),
            "lost client: silent for 0.200 s");
}

TEST_F(LinkToARawPeer, ThatStopsInsideAPayloadIsGivenUp) {
  EXPECT_EQ(complaint<UnavailableError>(header_bytes(header_of(Kind::kReady, 1000)) + "abc"),
            "lost client: silent for 0.200 s");
}

TEST_F(LinkToARawPeer, ThatClaimsAHugePayloadIsRefusedBeforeAnyAllocation) {
  // 2^60 bytes could not be allocated: that would not be a ProtocolError.
  EXPECT_EQ(complaint<ProtocolError>(header_bytes(header_of(Kind::kReady, std::uint64_t{1} << 60))),
            "a ready frame of 1152921504606846976 bytes is above its limit of 1048576");
}

TEST_F(LinkToARawPeer, ThatSpeaksAnotherLanguageInsideTlsIsRefused) {
  EXPECT_EQ(complaint<ProtocolError>(std::string(200, 'x')),
            "frame header: wrong magic number; the peer does not speak Cleave");
}

TEST_F(LinkToARawPeer, ThatRepeatsAFrameIsRefused) {
  const std::string ping = header_bytes(header_of(Kind::kPing, 0));
  EXPECT_EQ(complaint<ProtocolError>(ping + ping),
            "frame 0 from client came where frame 1 belongs");
}

TEST_F(LinkToARawPeer, ThatHangsUpInsideAFrameIsUnavailable) {
  dial();
  const auto leave = [](RawTlsPeer gone) -> asio::awaitable<void> {
    co_await gone.write(header_bytes(header_of(Kind::kReady, 1000)) + "abc");
  };
  asio::co_spawn(io, leave(std::move(peer)), asio::detached);
  const auto receive = [&]() -> asio::awaitable<void> { co_await link->receive(); };
  EXPECT_EQ(refusal<UnavailableError>([&] { run(io, receive()); }),
            "lost client: the peer closed the connection");
}

}  // namespace
}  // namespace cleave::testing
