// Peers that break the protocol: each gets a clear error, and nobody else is harmed.
#include <gtest/gtest.h>

#include "client/split_step.h"
#include "common/base/error.h"
#include "tests/support/test_server.h"

namespace cleave::testing {
namespace {

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// One honest split step on a connection of its own.
asio::awaitable<void> honest_step(TestServer& server, Link& body) {
  const JobInputs& inputs = server.inputs;
  LocalModel local(inputs.parts, inputs.job, inputs.parts.initial);
  const StepId id{1, 0};
  const Batch batch = whole_batch(inputs.train, 4);
  co_await split_step(local, body, server.lane, batch, inputs.parts.form, id);
}

// Sends one frame to the body and waits for the answer.
asio::awaitable<void> provoke(TestServer& server, Frame frame) {
  const auto honest = co_await server.connect_body("honest");
  co_await honest_step(server, *honest);
  const auto hostile = co_await server.connect_body("hostile");
  std::exception_ptr failure;
  try {
    co_await hostile->send(std::move(frame));
    co_await hostile->receive();
  } catch (const Error&) {
    failure = std::current_exception();
  }
  co_await honest_step(server, *honest);  // unharmed
  if (failure) std::rethrow_exception(failure);
}

Frame honest_smashed(const TestServer& server) {
  const JobInputs& inputs = server.inputs;
  const LocalModel local(inputs.parts, inputs.job, inputs.parts.initial);
  Frame frame =
      smashed_frame(Kind::kSmashed, local.smashed(whole_batch(inputs.train, 4)), inputs.parts.form);
  frame.header.round = 1;
  frame.header.step = 7;
  return frame;
}

struct Hostile {
  const char* name;
  const char* answer;  // what the error says
  std::function<void(Frame&)> spoil;
};

class HostileFrame : public ::testing::TestWithParam<Hostile> {};

void write_u32(Frame& frame, std::size_t from_end, std::uint32_t value) {
  std::memcpy(frame.payload.data() + frame.payload.size() - from_end, &value, 4);
}

INSTANTIATE_TEST_SUITE_P(
    Body, HostileFrame,
    ::testing::Values(Hostile{"AWrongWidth", "width 31 where the model has 32",
                              [](Frame& f) {
                                f.header.dims[1] = 31;
                                f.header.dims[2] = 4;
                                f.payload = Buffer(std::size_t{4} * 31 * f.header.dims[0] + 16);
                              }},
                      Hostile{"ALengthThatLies", "whose samples' lengths call for",
                              [](Frame& f) { write_u32(f, 4, 1); }},
                      Hostile{"ASampleLongerThanTheJobAllows", "the job allows 1 to",
                              [](Frame& f) { write_u32(f, 4, 100000); }},
                      Hostile{"TooManySamples", "samples; the job allows 1 to",
                              [](Frame& f) {
                                f.header.dims[2] = 4000;
                                f.payload = Buffer(4 * 32 * f.header.dims[0] + 16000);
                              }},
                      Hostile{"NoSamples", "a batch of 0 samples",
                              [](Frame& f) {
                                f.header.dims[2] = 0;
                                f.payload = Buffer(4 * 32 * f.header.dims[0]);
                              }},
                      Hostile{"AnotherTypeThanTheJobs", "type BF16 where the job calls for",
                              [](Frame& f) {
                                f.header.dtype = Dtype::kBf16;
                                f.payload = Buffer(2 * 32 * f.header.dims[0] + 16);
                              }},
                      Hostile{"NotANumber", "NaN or infinite",
                              [](Frame& f) { write_u32(f, f.payload.size(), 0x7fc00000); }},
                      Hostile{"APayloadThatDoesNotMatchItsShape", "calls for",
                              [](Frame& f) { f.payload = Buffer(10); }},
                      Hostile{"AGradientWithoutItsStep",
                              "where smashed, eval_smashed, tally or bye belongs",
                              [](Frame& f) {
                                f.header.kind = Kind::kFeaturesGrad;
                                f.header.rank = 2;
                                f.header.dims[2] = 0;
                                f.payload = Buffer(4 * 32 * f.header.dims[0]);
                              }},
                      Hostile{"AStateForTheBody", "not allowed at this point",
                              [](Frame& f) {
                                f = Frame{};
                                f.header.kind = Kind::kState;
                                f.payload = Buffer(8);
                              }}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_P(HostileFrame, IsAnsweredWithAClearErrorAndHarmsNobodyElse) {
  TestServer server(tiny_job());
  Frame frame = honest_smashed(server);
  GetParam().spoil(frame);
  Exit exit = Exit::kDone;
  const std::string answer = failure_of(server.io, provoke(server, std::move(frame)), exit);
  EXPECT_TRUE(contains(answer, GetParam().answer)) << answer;
  EXPECT_EQ(exit, Exit::kProtocol);
}

TEST(Joining, WithAnotherModelIsRefused) {
  TestServer server(tiny_job());
  const auto link = server.connect("stranger");
  Exit exit = Exit::kDone;
  const auto attempt = [](Link& l) -> asio::awaitable<void> {
    const Digest other = sha256("another model");
    co_await join(l, Role::kClient, other);
  };
  const std::string answer = failure_of(server.io, attempt(*link), exit);
  EXPECT_TRUE(contains(answer, "holds another model")) << answer;
  EXPECT_EQ(exit, Exit::kData);
}

TEST(Joining, ABodyWithAnotherLabelListIsRefused) {
  TestServer server(tiny_job());
  Job other = tiny_job();
  other.data.labels = {"yes", "no"};
  const auto link = server.connect("stranger");
  Exit exit = Exit::kDone;
  const auto attempt = [](TestServer& s, Link& l, const Job& job) -> asio::awaitable<void> {
    const Digest hash = job_hash(shared_job_toml(job));
    co_await join(l, Role::kBody, s.server.model_hash, hash);
  };
  const std::string answer = failure_of(server.io, attempt(server, *link, other), exit);
  EXPECT_TRUE(contains(answer, "another job")) << answer;
  EXPECT_EQ(exit, Exit::kData);
}

TEST(Joining, WithoutAHelloIsRefused) {
  TestServer server(tiny_job());
  const auto link = server.connect("stranger");
  Exit exit = Exit::kDone;
  const auto attempt = [](Link& l) -> asio::awaitable<void> {
    const Ready ready{5, {5, 0}, 0};
    co_await l.send(ready_frame(ready));
    co_await l.receive();
  };
  const std::string answer = failure_of(server.io, attempt(*link), exit);
  EXPECT_TRUE(contains(answer, "expected hello")) << answer;
  EXPECT_EQ(exit, Exit::kProtocol);
}

}  // namespace
}  // namespace cleave::testing
