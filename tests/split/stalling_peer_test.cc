// Peers that hold valid certificates and stall: each is ended, and the honest go on at once.
#include <gtest/gtest.h>

#include "client/split_step.h"
#include "common/base/error.h"
#include "common/wire/goodbye.h"
#include "server/coordinator/run_job.h"
#include "tests/support/test_server.h"

namespace cleave::testing {
namespace {

using std::chrono::milliseconds;

constexpr int kSlots = 4;  // of TestServer

Frame smashed_of(const TestServer& server, Kind kind = Kind::kSmashed) {
  const JobInputs& inputs = server.inputs;
  const LocalModel local(inputs.parts, inputs.job, inputs.parts.initial);
  Frame frame = smashed_frame(kind, local.smashed(whole_batch(inputs.train, 4)), inputs.parts.form);
  frame.header.round = 1;
  return frame;
}

// One honest split step on a connection of its own; the state that it leaves.
asio::awaitable<State> honest_step(TestServer& server, const std::string& id) {
  const JobInputs& inputs = server.inputs;
  const auto body = co_await server.connect_body(id);
  LocalModel local(inputs.parts, inputs.job, inputs.parts.initial);
  const StepId step{1, 0};
  const Batch batch = whole_batch(inputs.train, 4);
  co_await split_step(local, *body, server.lane, batch, inputs.parts.form, step);
  co_return local.state();
}

// A link that has begun a step and has its features: it owes a gradient.
asio::awaitable<std::unique_ptr<Link>> begun_step(TestServer& server, const std::string& id,
                                                  Frame* features = nullptr) {
  auto link = co_await server.connect_body(id);
  co_await link->send(smashed_of(server));
  Frame answer = co_await receive_expected(*link, Kind::kFeatures, 1, 0);
  if (features) *features = std::move(answer);
  co_return link;
}

asio::awaitable<std::vector<std::unique_ptr<Link>>> hostages(TestServer& server, int count) {
  std::vector<std::unique_ptr<Link>> out;
  for (int i = 0; i < count; ++i) {
    out.push_back(co_await begun_step(server, "hostage-" + std::to_string(i)));
  }
  co_return out;
}

std::string reason(asio::io_context& io, Link& link) {
  Exit exit = Exit::kDone;
  const auto read = [](Link& l) -> asio::awaitable<void> {
    for (;;) co_await l.receive();
  };
  return failure_of(io, read(link), exit);
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Hostages, InEverySlotDoNotHoldUpTheHonest) {
  TestServer server(tiny_job());
  server.service.patience = milliseconds(1);
  const auto held = run(server.io, hostages(server, 2 * kSlots));
  const State alone = [] {
    TestServer undisturbed(tiny_job());
    return run(undisturbed.io, honest_step(undisturbed, "honest"));
  }();
  const State beside = run(server.io, honest_step(server, "honest"));
  ASSERT_EQ(beside.tensors.size(), alone.tensors.size());
  for (std::size_t i = 0; i < alone.tensors.size(); ++i) {
    const auto& [name, tensor] = alone.tensors[i];
    EXPECT_TRUE(at::equal(tensor, beside.tensors[i].second)) << name;
  }
}

TEST(Hostages, WhoseSlotWentToAnotherGetTheSameBitsWhenTheyAnswerAtLast) {
  const auto answer = [](bool crowded) {
    TestServer server(tiny_job());
    server.service.patience = milliseconds(1);
    Frame features;
    const auto slow = run(server.io, begun_step(server, "slow", &features));
    if (crowded) run(server.io, hostages(server, kSlots));
    EXPECT_EQ(server.service.slow.contains("slow"), crowded);
    const auto finish = [](Link& link, Frame grad) -> asio::awaitable<Frame> {
      grad.header.kind = Kind::kFeaturesGrad;
      co_await link.send(std::move(grad));
      co_return co_await receive_expected(link, Kind::kSmashedGrad, 1, 0);
    };
    const Frame last = run(server.io, finish(*slow, std::move(features)));
    const auto bytes = last.payload.bytes();
    return std::vector<std::byte>(bytes.begin(), bytes.end());
  };
  const std::vector<std::byte> undisturbed = answer(false);
  EXPECT_FALSE(undisturbed.empty());
  EXPECT_EQ(undisturbed, answer(true));
}

TEST(Hostages, AreEndedByTheStepsDeadlineWhateverPingsTheySend) {
  TestServer server(tiny_job());
  server.service.step_deadline = milliseconds(50);
  const auto link = run(server.io, begun_step(server, "hostage"));
  const std::string said = reason(server.io, *link);
  EXPECT_TRUE(contains(said, "no answer within a step's deadline of 50 ms")) << said;
  run(server.io, honest_step(server, "honest"));
}

TEST(PeersThatNeverRead, DoNotHoldASlotOverASend) {
  TestServer server(tiny_job());
  const auto flood = [](TestServer& s) -> asio::awaitable<std::vector<std::unique_ptr<Link>>> {
    std::vector<std::unique_ptr<Link>> out;
    for (int i = 0; i < 2 * kSlots; ++i) {
      auto link = co_await s.connect_body("mute-" + std::to_string(i));
      // Answers fill the link's queue; one more is being sent, and one has been asked for.
      for (int k = 0; k < 6; ++k) co_await link->send(smashed_of(s, Kind::kEvalSmashed));
      out.push_back(std::move(link));
    }
    co_return out;
  };
  const auto mute = run(server.io, flood(server));
  run(server.io, honest_step(server, "honest"));
}

TEST(BodyLinks, ANewerOneDisplacesTheOlderOfTheSameId) {
  TestServer server(tiny_job());
  const auto older = run(server.io, server.connect_body("twin"));
  const auto other = run(server.io, server.connect_body("other"));
  const auto newer = run(server.io, server.connect_body("twin"));
  EXPECT_TRUE(contains(reason(server.io, *older), "displaced by a newer session of twin"));
  EXPECT_EQ(server.server.seats.of(Seat::kBody).size(), 2u);
  run(server.io, honest_step(server, "third"));
}

TEST(Hellos, ThatDoNotComeEndInTime) {
  TestServer server(tiny_job());
  server.server.hello_deadline = milliseconds(20);
  const auto mute = server.connect("mute");
  const std::string said = reason(server.io, *mute);
  EXPECT_TRUE(contains(said, "no hello in time")) << said;
}

TEST(Hellos, OfOneIdThatHasNotSpokenAreAFewConnections) {
  TestServer server(tiny_job());
  std::vector<std::unique_ptr<Link>> mute;
  for (int i = 0; i < 50; ++i) mute.push_back(server.connect("mute"));
  server.io.restart();
  server.io.poll();
  EXPECT_EQ(server.server.seats.of(Seat::kHello).size(), 4u);
  EXPECT_TRUE(contains(reason(server.io, *mute[0]), "displaced by a newer session of mute"));
}

TEST(Joining, AClientThatIsNeverReadyIsEndedInTime) {
  TestServer server(tiny_job());
  server.server.ready_deadline = milliseconds(20);
  const auto link = server.connect("idler");
  const auto hello = [](TestServer& s, Link& l) -> asio::awaitable<void> {
    co_await join(l, Role::kClient, s.server.model_hash);
  };
  run(server.io, hello(server, *link));
  const std::string said = reason(server.io, *link);
  EXPECT_TRUE(contains(said, "not ready within a round's deadline")) << said;
}

// Orders one training round, as a coordinator does.
asio::awaitable<void> order_training(const JobInputs& inputs, Link& client) {
  co_await receive_expected(client, Kind::kReady, 0, 0);
  Frame order = state_frame(Kind::kState, inputs.parts.initial);
  order.header.round = 1;
  co_await client.send(std::move(order));
}

TEST(BodyServers, ThatNeverAnswerAreGivenUpByTheRoundsDeadline) {
  TestServer server(tiny_job());
  const JobInputs& inputs = server.inputs;
  ClientContext context{"client-1", inputs.job, inputs.parts, server.lane, &inputs.train};
  context.round_deadline = milliseconds(50);
  const LinkPair control = make_memory_links(server.io.get_executor(), "server", "client-1");
  const LinkPair steps = make_memory_links(server.io.get_executor(), "server", "client-1");
  control.a->allow(coordinator_limits(inputs.parts.initial));
  asio::co_spawn(server.io, order_training(inputs, *control.b), asio::detached);
  Exit exit = Exit::kDone;
  const std::string said =
      failure_of(server.io, serve_coordinator(context, *control.a, *steps.a), exit);
  EXPECT_TRUE(contains(said, "no answer within a round's deadline")) << said;
  EXPECT_EQ(exit, Exit::kUnavailable);
}

TEST(Goodbyes, OfTheMuteDoNotHoldUpThoseOfOthers) {
  TestServer server(tiny_job());
  std::vector<std::unique_ptr<Link>> clients;
  for (const char* id : {"a-mute", "b-mute", "honest"}) {
    LinkPair pair = make_memory_links(server.io.get_executor(), "server", id);
    Member member;
    member.id = id;
    member.link = std::move(pair.b);
    server.members.admit(std::move(member));
    clients.push_back(std::move(pair.a));
  }
  bool dismissed = false;
  asio::co_spawn(server.io, server.members.dismiss("done"),
                 [&](std::exception_ptr) { dismissed = true; });
  const auto leave = [](Link& link) -> asio::awaitable<void> {
    co_await answer_goodbye(link, co_await link.receive());
  };
  run(server.io, leave(*clients[2]));
  EXPECT_FALSE(dismissed) << "the mute have their time";
  clients[0]->close("gone");
  clients[1]->close("gone");
  server.io.restart();
  while (!dismissed) server.io.run_one();
  EXPECT_TRUE(server.members.all().empty());
}

}  // namespace
}  // namespace cleave::testing
