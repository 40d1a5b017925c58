// What every link promises, checked over each transport.
#include "common/wire/link.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "common/base/error.h"
#include "common/base/hash.h"
#include "common/wire/control.h"
#include "common/wire/farewell.h"
#include "common/wire/goodbye.h"
#include "common/wire/tally.h"
#include "tests/support/refusal.h"
#include "tests/support/run_coroutine.h"

namespace cleave::testing {
namespace {

enum class Transport { kMemory, kTls };

class LinkOver : public ::testing::TestWithParam<Transport> {
 protected:
  void SetUp() override {
    if (GetParam() == Transport::kTls) {
      tls = std::make_unique<TlsPair>(io);
      links = std::move(tls->links);
    } else {
      links = make_memory_links(io.get_executor(), "client", "server");
    }
    FrameLimits limits;
    limits.max_payload.fill(kMaxPayloadBytes);
    links.a->allow(limits);
    links.b->allow(limits);
  }

  void run_for(std::chrono::milliseconds time) {
    io.restart();
    io.run_for(time);
  }
  Link& a() { return *links.a; }
  Link& b() { return *links.b; }

  asio::io_context io{1};
  std::unique_ptr<TlsPair> tls;  // its credentials outlive the links
  LinkPair links;
};

INSTANTIATE_TEST_SUITE_P(Link, LinkOver, ::testing::Values(Transport::kMemory, Transport::kTls),
                         [](const auto& info) {
                           return info.param == Transport::kTls ? "Tls" : "Memory";
                         });

Frame tensor_frame(std::size_t bytes, unsigned seed) {
  Frame frame;
  frame.header.kind = Kind::kSmashed;
  frame.header.step = seed;
  frame.payload = Buffer(bytes);
  unsigned value = seed;
  for (std::byte& b : frame.payload.bytes()) b = std::byte((value = value * 1664525 + 12345) >> 24);
  return frame;
}

Digest digest_of(const Frame& frame) {
  Sha256 hash;
  hash.update(frame.payload.bytes());
  return hash.digest();
}

asio::awaitable<void> send_all(Link& link, std::size_t bytes, unsigned frames, unsigned& sent) {
  for (unsigned i = 0; i < frames; ++i) {
    co_await link.send(tensor_frame(bytes, i));
    ++sent;
  }
}

asio::awaitable<void> expect_all(Link& link, std::size_t bytes, unsigned frames) {
  for (unsigned i = 0; i < frames; ++i) {
    const Frame frame = co_await link.receive();
    EXPECT_EQ(frame.header.step, i);
    EXPECT_EQ(frame.header.sequence, i);
    EXPECT_EQ(digest_of(frame), digest_of(tensor_frame(bytes, i)));
  }
}

asio::awaitable<void> receive_one(Link& link) { co_await link.receive(); }

TEST_P(LinkOver, FramesArriveWholeAndInOrder) {
  unsigned sent = 0;
  asio::co_spawn(io, send_all(a(), 1000, 50, sent), asio::detached);
  run(io, expect_all(b(), 1000, 50));
  EXPECT_EQ(sent, 50u);
}

TEST_P(LinkOver, FrameOf64MiBArrivesWhole) {
  unsigned sent = 0;
  asio::co_spawn(io, send_all(a(), 64 << 20, 1, sent), asio::detached);
  run(io, expect_all(b(), 64 << 20, 1));
}

TEST_P(LinkOver, SenderWaitsWhileNobodyReceivesAndLosesNothing) {
  constexpr unsigned kFrames = 64;
  constexpr std::size_t kBytes = 1 << 20;
  unsigned sent = 0;
  asio::co_spawn(io, send_all(a(), kBytes, kFrames, sent), asio::detached);
  run_for(std::chrono::milliseconds(300));
  // The queue's 4 frames and what the system's socket buffers hold.
  EXPECT_LT(sent, GetParam() == Transport::kMemory ? 5u : 32u);
  run(io, expect_all(b(), kBytes, kFrames));
}

TEST_P(LinkOver, LedgersOfTheTwoEndsMirrorAndCountEveryFrame) {
  const auto talk = [&]() -> asio::awaitable<void> {
    for (unsigned i = 0; i < 5; ++i) {
      co_await a().send(tensor_frame(100 * i, i));
      co_await receive_one(b());
      const Ready ready{i, {}, 0};
      co_await b().send(ready_frame(ready));
      co_await receive_one(a());
    }
  };
  run(io, talk());
  check_mirror(a().ledger(), b().ledger(), "b");
  EXPECT_EQ(a().ledger().sent[Kind::kSmashed], (Count{5, 1000}));
  EXPECT_EQ(a().ledger().received[Kind::kReady].frames, 5u);
}

TEST_P(LinkOver, TalliesOfBothEndsAgree) {
  const auto answer = [&]() -> asio::awaitable<void> {
    co_await receive_one(b());
    const Frame tally = co_await b().receive();
    co_await answer_tally(b(), tally);
  };
  asio::co_spawn(io, answer(), asio::detached);
  const auto ask = [&]() -> asio::awaitable<Ledger> {
    co_await a().send(tensor_frame(100, 0));
    co_return co_await agree_on_bytes(a(), 3);
  };
  EXPECT_EQ(run(io, ask()), a().ledger());
  check_mirror(a().ledger(), b().ledger(), "b");
}

TEST_P(LinkOver, GoodbyeComparesTlsBytesAndEndsBothSides) {
  bool other = false;
  const auto answer = [&]() -> asio::awaitable<void> {
    co_await receive_one(b());
    const Frame bye = co_await b().receive();
    other = co_await answer_goodbye(b(), bye);
  };
  asio::co_spawn(io, answer(), asio::detached);
  const auto leave = [&]() -> asio::awaitable<bool> {
    co_await a().send(tensor_frame(100'000, 0));
    co_return co_await say_goodbye(a(), "done");
  };
  EXPECT_TRUE(run(io, leave()));
  run_for(std::chrono::seconds(5));
  EXPECT_TRUE(other);
}

TEST_P(LinkOver, GoodbyeThatIsNotAnsweredEndsInTime) {
  const auto leave = [&]() -> asio::awaitable<void> {
    co_await say_goodbye(a(), "done", std::chrono::milliseconds(50));
  };
  EXPECT_EQ(refusal<UnavailableError>([&] { run(io, leave()); }),
            "lost " + a().peer() + ": no goodbye in time");
}

TEST_P(LinkOver, GoodbyeWhoseAnswerIsNotTakenEndsInTime) {
  const auto answer = [&]() -> asio::awaitable<void> {
    // What nobody reads fills the queue before the goodbye.
    Frame bye = bye_frame(Bye{"done", 0, 0});
    const auto frame = tensor_frame(8 << 20, 0);
    for (int i = 0; i < (GetParam() == Transport::kTls ? 1 : 4); ++i) {
      Frame copy;
      copy.header = frame.header;
      copy.payload = Buffer(frame.payload.size());
      co_await b().send(std::move(copy));
    }
    co_await answer_goodbye(b(), bye, std::chrono::milliseconds(50));
  };
  EXPECT_EQ(refusal<UnavailableError>([&] { run(io, answer()); }),
            "lost " + b().peer() + ": no goodbye in time");
}

TEST_P(LinkOver, EverythingSentBeforeFinishStillArrivesThenTheEnd) {
  const auto leave = [&]() -> asio::awaitable<void> {
    co_await a().send(tensor_frame(1000, 0));
    co_await a().send(tensor_frame(1000, 1));
    co_await a().finish();
  };
  asio::co_spawn(io, leave(), asio::detached);
  run(io, expect_all(b(), 1000, 2));
  EXPECT_EQ(refusal<UnavailableError>([&] { run(io, receive_one(b())); }),
            "lost " + b().peer() +
                (GetParam() == Transport::kTls ? ": the peer closed the connection"
                                               : ": the peer closed the link"));
}

TEST_P(LinkOver, FramesOfAnEndThatHasFinishedAndGoneAreStillThereForALateReader) {
  const auto leave = [&]() -> asio::awaitable<void> {
    for (unsigned i = 0; i < 3; ++i) co_await a().send(tensor_frame(1000, i));
    co_await a().finish();
    links.a.reset();
  };
  run(io, leave());
  run(io, expect_all(b(), 1000, 3));
  EXPECT_NE(refusal<UnavailableError>([&] { run(io, receive_one(b())); }), "");
}

TEST_P(LinkOver, ClosedEndSaysItsReasonAndTheOtherThatItsPeerIsGone) {
  a().close("the round is over");
  EXPECT_EQ(refusal<UnavailableError>([&] { run(io, receive_one(a())); }),
            "lost " + a().peer() + ": the round is over");
  unsigned sent = 0;
  EXPECT_EQ(refusal<UnavailableError>([&] { run(io, send_all(a(), 10, 1, sent)); }),
            "lost " + a().peer() + ": the round is over");
  EXPECT_NE(refusal<UnavailableError>([&] { run(io, receive_one(b())); }), "");
}

TEST_P(LinkOver, ClosingEndsAReceiveThatIsWaiting) {
  asio::post(io, [&] { a().close("no more"); });
  EXPECT_EQ(refusal<UnavailableError>([&] { run(io, receive_one(a())); }),
            "lost " + a().peer() + ": no more");
}

TEST_P(LinkOver, ClosingEndsASendThatIsWaiting) {
  unsigned sent = 0;
  asio::steady_timer later(io, std::chrono::milliseconds(200));
  later.async_wait([&](auto) { a().close("no more"); });
  EXPECT_EQ(refusal<UnavailableError>([&] { run(io, send_all(a(), 1 << 20, 64, sent)); }),
            "lost " + a().peer() + ": no more");
}

TEST_P(LinkOver, EndThatIsDestroyedIsNoticedAtTheOther) {
  links.a.reset();
  EXPECT_NE(refusal<UnavailableError>([&] { run(io, receive_one(b())); }), "");
}

TEST_P(LinkOver, FarewellTellsThePeerWhy) {
  const auto leave = [&]() -> asio::awaitable<void> {
    EXPECT_TRUE(co_await send_farewell(a(), Exit::kPermission, "not on the roster"));
  };
  asio::co_spawn(io, leave(), asio::detached);
  EXPECT_EQ(refusal<PermissionError>([&] { run(io, receive_one(b())); }),
            b().peer() + " says: not on the roster");
}

TEST_P(LinkOver, TaskThatFailsTellsThePeerAndStillFailsHere) {
  const auto task = []() -> asio::awaitable<void> {
    throw DataError("no such label");
    co_return;
  };
  EXPECT_EQ(refusal<DataError>([&] { run(io, tell_on_failure(a(), task())); }), "no such label");
  EXPECT_EQ(refusal<DataError>([&] { run(io, receive_one(b())); }),
            b().peer() + " says: no such label");
}

TEST_P(LinkOver, FrameThatIsNotAllowedIsRefusedBeforeItsPayloadIsRead) {
  b().allow(FrameLimits::control_only());
  unsigned sent = 0;
  asio::co_spawn(io, send_all(a(), 1000, 1, sent), asio::detached);
  EXPECT_EQ(refusal<ProtocolError>([&] { run(io, receive_one(b())); }),
            "a smashed frame is not allowed at this point");
}

TEST_P(LinkOver, FrameOfAnotherRoundThanExpectedIsRefused) {
  unsigned sent = 0;
  asio::co_spawn(io, send_all(a(), 10, 1, sent), asio::detached);
  const auto expect = [&]() -> asio::awaitable<void> {
    co_await receive_expected(b(), Kind::kFeatures, 2, 1);
  };
  EXPECT_EQ(refusal<ProtocolError>([&] { run(io, expect()); }),
            "expected features of round 2 step 1 from " + b().peer() +
                ", received smashed of round 0 step 0");
}

// Delivers frames numbered as the test says.
class ScriptedLink : public Link {
 public:
  explicit ScriptedLink(std::vector<std::uint32_t> sequence)
      : Link("peer"), sequence_(std::move(sequence)) {}
  asio::awaitable<void> finish() override { co_return; }
  void close(const std::string&) override {}

 protected:
  asio::awaitable<void> do_send(Frame) override { co_return; }
  asio::awaitable<Frame> do_receive(const FrameLimits&) override {
    Frame frame = tensor_frame(0, 0);
    frame.header.sequence = sequence_.at(next_++);
    co_return frame;
  }

 private:
  std::vector<std::uint32_t> sequence_;
  std::size_t next_ = 0;
};

TEST(MemoryLink, WhoIsRefusedWhileItSendsLearnsWhy) {
  asio::io_context io{1};
  LinkPair links = make_memory_links(io.get_executor(), "client", "server");
  EXPECT_TRUE(run(io, send_farewell(*links.a, Exit::kProtocol, "a false report")));
  links.a.reset();
  EXPECT_EQ(refusal<ProtocolError>([&] { run(io, links.b->send(tensor_frame(8, 0))); }),
            "server says: a false report");
}

TEST(TlsLink, WhoIsRefusedInTheMiddleOfItsFramesLearnsWhy) {
  asio::io_context io{1};
  TlsPair tls(io);
  const auto refuse = [&]() -> asio::awaitable<void> {
    co_await tell_on_failure(*tls.links.a, receive_one(*tls.links.a));
  };
  asio::co_spawn(io, refuse(), [&](std::exception_ptr) { tls.links.a.reset(); });
  const auto speak_then_listen = [&]() -> asio::awaitable<void> {
    unsigned sent = 0;
    co_await send_all(*tls.links.b, 16 << 20, 2, sent);
    co_await receive_one(*tls.links.b);
  };
  EXPECT_THAT(refusal<ProtocolError>([&] { run(io, speak_then_listen()); }),
              ::testing::HasSubstr("server says: "));
}

TEST(Link, RefusesAGapARepetitionAndAFalseStart) {
  const auto failure = [](std::vector<std::uint32_t> sequence) {
    asio::io_context io{1};
    ScriptedLink link(sequence);
    return refusal<ProtocolError>([&] {
      for (std::size_t i = 0; i < sequence.size(); ++i) run(io, receive_one(link));
    });
  };
  EXPECT_EQ(failure({0, 1, 2}), "");
  EXPECT_EQ(failure({0, 2}), "frame 2 from peer came where frame 1 belongs");
  EXPECT_EQ(failure({0, 1, 1}), "frame 1 from peer came where frame 2 belongs");
  EXPECT_EQ(failure({5}), "frame 5 from peer came where frame 0 belongs");
}

TEST(Address, IsHostAndPortOrBracketsAroundAnIpv6Address) {
  EXPECT_EQ(parse_address("localhost:7443").host, "localhost");
  EXPECT_EQ(parse_address("localhost:7443").port, 7443);
  EXPECT_EQ(parse_address("[::1]:80").host, "::1");
  for (const char* text :
       {"", "localhost", ":80", "host:", "host:x", "host:65536", "host:123456"}) {
    EXPECT_NE(refusal([&] { parse_address(text); }), "") << text;
  }
}

}  // namespace
}  // namespace cleave::testing
