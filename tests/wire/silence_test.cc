// Pings keep a link alive while its peer computes; a peer that has really gone silent, or sends
// what no link sends, is noticed.
#include <gtest/gtest.h>
#include <malloc.h>

#include <boost/asio/detached.hpp>
#include <list>

#include "common/base/error.h"
#include "common/base/lane.h"
#include "common/wire/control.h"
#include "tests/support/raw_tls_peer.h"
#include "tests/support/refusal.h"
#include "tests/support/run_coroutine.h"

// Of a sanitizer's runtime, where there is one.
extern "C" __attribute__((weak)) std::size_t __sanitizer_get_current_allocated_bytes();

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

// Writes a frame's payload a byte at a time, for as long as anybody takes it.
asio::awaitable<void> trickle(asio::io_context& io, RawTlsPeer& peer, std::string first) {
  co_await peer.write(std::move(first));
  asio::steady_timer pause(io);
  for (int i = 0; i < 200; ++i) {
    pause.expires_after(std::chrono::milliseconds(20));
    co_await pause.async_wait(asio::use_awaitable);
    co_await peer.write("x");
  }
}

TEST_F(LinkToARawPeer, ThatSendsAByteNowAndThenIsGivenUp) {
  dial();
  asio::co_spawn(io, trickle(io, peer, header_bytes(header_of(Kind::kReady, 100'000))),
                 asio::detached);
  const auto receive = [&]() -> asio::awaitable<void> { co_await link->receive(); };
  EXPECT_EQ(refusal<UnavailableError>([&] { run(io, receive()); }),
            "lost client: a frame was unfinished after 0.800 s");
}

TEST_F(LinkToARawPeer, ThatSendsAHeaderAByteNowAndThenIsGivenUp) {
  dial();
  const auto slow = [&]() -> asio::awaitable<void> {
    asio::steady_timer pause(io);
    for (const char byte : header_bytes(header_of(Kind::kPing, 0))) {
      co_await peer.write(std::string(1, byte));
      pause.expires_after(std::chrono::milliseconds(50));
      co_await pause.async_wait(asio::use_awaitable);
    }
  };
  asio::co_spawn(io, slow(), asio::detached);
  const auto receive = [&]() -> asio::awaitable<void> { co_await link->receive(); };
  EXPECT_EQ(refusal<UnavailableError>([&] { run(io, receive()); }),
            "lost client: a frame was unfinished after 0.800 s");
}

TEST_F(LinkToARawPeer, ThatSendsPingsWithoutEndIsRefused) {
  std::string flood;
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    FrameHeader ping = header_of(Kind::kPing, 0);
    ping.sequence = i;
    flood += header_bytes(ping);
  }
  EXPECT_EQ(complaint<ProtocolError>(std::move(flood)), "the peer sends pings without end");
}

// The sanitizers' allocators are not malloc's and count for themselves.
std::size_t heap_bytes() {
  if (__sanitizer_get_current_allocated_bytes) return __sanitizer_get_current_allocated_bytes();
  return ::mallinfo2().hblkhd + ::mallinfo2().uordblks;
}

TEST_F(LinkToARawPeer, WhoseHeaderClaimsTheLargestFrameTakesNoMemoryForIt) {
  dial();
  FrameLimits limits = FrameLimits::control_only();
  limits[Kind::kState] = kMaxPayloadBytes;
  link->allow(limits);
  std::size_t before = 0;
  const auto claim = [&]() -> asio::awaitable<void> {
    before = heap_bytes();
    co_await peer.write(header_bytes(header_of(Kind::kState, kMaxPayloadBytes)) + "abc");
  };
  asio::co_spawn(io, claim(), asio::detached);
  std::size_t most = 0;
  asio::co_spawn(
      io,
      [&]() -> asio::awaitable<void> {
        asio::steady_timer pause(io, std::chrono::milliseconds(100));
        co_await pause.async_wait(asio::use_awaitable);
        most = heap_bytes();
      },
      asio::detached);
  const auto receive = [&]() -> asio::awaitable<void> { co_await link->receive(); };
  EXPECT_EQ(refusal<UnavailableError>([&] { run(io, receive()); }),
            "lost client: silent for 0.200 s");
  EXPECT_GT(before, 0u);
  EXPECT_LT(most, before + (8 << 20));
}

TEST_F(LinkToARawPeer, ThatIsSilentIsGivenUpAfterTheSilenceThatTheJobTells) {
  dial();
  allow_silence(*link, std::chrono::milliseconds(60));
  const auto receive = [&]() -> asio::awaitable<void> { co_await link->receive(); };
  EXPECT_EQ(refusal<UnavailableError>([&] { run(io, receive()); }),
            "lost client: silent for 0.060 s");
}

TEST(LargestFrames, ArriveWholeThoughTheirMemoryGrows) {
  asio::io_context io{1};
  TlsPair pair(io);
  FrameLimits limits = FrameLimits::control_only();
  limits[Kind::kState] = kMaxPayloadBytes;
  pair.links.b->allow(limits);
  Frame frame;
  frame.header.kind = Kind::kState;
  frame.payload = Buffer((5 << 20) + 3);
  for (std::size_t i = 0; i < frame.payload.size(); ++i) {
    frame.payload.data()[i] = std::byte(i * 2654435761U >> 24);
  }
  const auto talk = [&]() -> asio::awaitable<Frame> {
    co_await pair.links.a->send(std::move(frame));
    co_return co_await pair.links.b->receive();
  };
  const Frame got = run(io, talk());
  ASSERT_EQ(got.payload.size(), (5u << 20) + 3);
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < got.payload.size(); ++i) {
    wrong += got.payload.data()[i] != std::byte(i * 2654435761U >> 24);
  }
  EXPECT_EQ(wrong, 0u);
}

TEST(Dialling, AHostThatAnswersNothingEndsInTime) {
  // A listener whose queue is full drops what comes: a connect to it would be repeated for minutes.
  asio::io_context io{1};
  const TestPki pki;
  auto context = make_tls_context(pki.credentials("client"), TlsSide::kClient);
  using asio::ip::tcp;
  tcp::acceptor full(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  full.listen(0);
  std::list<tcp::socket> crowd;
  for (int i = 0; i < 8; ++i) {
    crowd.emplace_back(io).async_connect(full.local_endpoint(), asio::detached);
  }
  Deadlines deadlines;
  deadlines.connect = std::chrono::milliseconds(200);
  const auto dial = [&]() -> asio::awaitable<void> {
    const Address address{"127.0.0.1", full.local_endpoint().port()};
    co_await tls_connect(context, address, deadlines);
  };
  const std::string said = refusal<UnavailableError>([&] { run(io, dial()); });
  EXPECT_NE(said.find("cannot reach 127.0.0.1"), std::string::npos) << said;
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
