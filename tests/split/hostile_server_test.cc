// A server that lies in one field of one message: its client ends with an error that names it, and
// takes nothing of the lie in.
#include <gtest/gtest.h>

#include <cmath>

#include "server/coordinator/run_job.h"
#include "tests/support/session.h"
#include "tests/support/temporary_folder.h"

namespace cleave::testing {
namespace {

struct FalseAnswer {
  std::string name;
  Spoil heard;
  std::string answer;  // what the client says at its end; "" where the lie does no harm
  bool on_body = false;
};

// What the client of a whole job ends with; "" where it is dismissed in good order.
std::string ended_with(const FalseAnswer& lie) {
  Job job = tiny_job(1, 0);
  job.federation.clients = job.federation.per_round = 1;
  job.federation.rounds = 2;
  job.eval.where = "clients";
  const TemporaryFolder folder;
  TestServer server(job);
  RunFolder run_folder = RunFolder::create(folder / "run", job);
  Dataset texts = tiny_texts(6, "heard");
  for (std::size_t i = 0; i < texts.size(); ++i) texts.examples[i].label = i % 2 == 0;
  const Spoil honest = [](Frame&) {};
  Session session(server, "zeta", texts, honest, honest, lie.on_body ? honest : lie.heard,
                  lie.on_body ? lie.heard : honest);
  std::string ended = "has not ended";
  session.start([&](std::exception_ptr thrown) { ended = text_of(thrown); });
  JobRun run{server.inputs.job,
             server.members,
             server.federation,
             run_folder,
             server.inputs.parts.whole_initial(),
             job_shape(server.inputs.parts, server.inputs.job)};
  asio::co_spawn(server.io, run_job(run, 1), [](std::exception_ptr, std::exception_ptr) {});
  server.io.run_for(std::chrono::seconds(60));
  return ended;
}

void expect_answers(const std::vector<FalseAnswer>& lies) {
  for (const FalseAnswer& lie : lies) {
    SCOPED_TRACE(lie.name);
    const std::string ended = ended_with(lie);
    EXPECT_NE(ended.find(lie.answer), std::string::npos) << ended;
    if (lie.answer.empty()) {
      EXPECT_EQ(ended, "");
    }
  }
}

Spoil shorter(Kind kind) {
  return bytes_of(kind, [](std::string bytes) { return bytes.substr(4); });
}
Spoil longer(Kind kind) {
  return bytes_of(kind, [](std::string bytes) { return bytes + "abcd"; });
}
Spoil replaced(Kind kind, const std::string& bytes) {
  return bytes_of(kind, [bytes](const std::string&) { return bytes; });
}
Spoil of_another_round(Kind kind) {
  return of_kind(kind, [](Frame& frame) { frame.header.round = ~0u; });
}
Spoil as_kind(Kind kind, Kind other) {
  return of_kind(kind, [other](Frame& frame) { frame.header.kind = other; });
}

TEST(HostileServer, ThatIsHonestIsServedToTheEnd) {
  expect_answers({{"nothing", [](Frame&) {}, ""}});
}

TEST(HostileServer, EveryState) {
  for (const Kind kind : {Kind::kState, Kind::kEvalState}) {
    expect_answers({
        {"short", shorter(kind), "where the job calls for"},
        {"long", longer(kind), "where the job calls for"},
        {"empty", replaced(kind, ""), "where the job calls for"},
        {"NaN", number_of(kind, std::nanf("")), "NaN or infinite"},
        {"infinite", number_of(kind, -HUGE_VALF), "NaN or infinite"},
        {"another kind", as_kind(kind, Kind::kRoundEnd), "where state, eval_state or bye belongs"},
        {"a client's kind", as_kind(kind, Kind::kReport), "where state, eval_state or bye belongs"},
    });
  }
  expect_answers(
      {{"a set of nobody's", of_kind(Kind::kEvalState, [](Frame& f) { f.header.step = 2; }),
        "asked to evaluate set 2"},
       {"test data", of_kind(Kind::kEvalState, [](Frame& f) { f.header.step = 1; }),
        "has no such data"}});
}

TEST(HostileServer, EveryFieldOfRoundEnd) {
  const auto with = [](RoundEnd end) {
    return of_kind(Kind::kRoundEnd, [end](Frame& frame) {
      set_payload(frame, payload_of(round_end_frame(end, frame.header.round)));
    });
  };
  expect_answers({
      {"refused", with({false, "because"}), "the ledgers differ: round_end"},
      {"reason not UTF-8", with({false, "\xff\x1b[2J\n"}), "the ledgers differ: round_end"},
      {"a long reason", with({false, std::string(100'000, 'x')}), "the ledgers differ: round_end"},
      {"no bytes", replaced(Kind::kRoundEnd, ""), "round_end"},
      {"garbage", replaced(Kind::kRoundEnd, "\xff\xff\xff"), "round_end"},
      {"another field",
       bytes_of(Kind::kRoundEnd, [](std::string bytes) { return bytes + "\xf8\x07\x01"; }),
       "round_end"},
      {"another round", of_another_round(Kind::kRoundEnd), "expected round_end"},
  });
}

TEST(HostileServer, EveryTensorOfTheBody) {
  for (const Kind kind : {Kind::kFeatures, Kind::kSmashedGrad, Kind::kEvalFeatures}) {
    std::vector<FalseAnswer> lies = {
        {"NaN", number_of(kind, std::nanf("")), "NaN or infinite"},
        {"infinite", number_of(kind, HUGE_VALF), "NaN or infinite"},
        {"of another width", of_kind(kind, [](Frame& f) { f.header.dims[1] += 1; }),
         "where the model has"},
        {"of more rows",
         of_kind(kind,
                 [](Frame& f) {
                   f.header.dims[0] += 1;
                   f.payload = Buffer(f.payload.size() + std::size_t{4} * f.header.dims[1]);
                   f.header.payload_bytes = f.payload.size();
                 }),
         "rows where the step has"},
        {"another round", of_another_round(kind), "expected"},
        {"another step", of_kind(kind, [](Frame& f) { f.header.step += 1; }), "expected"},
        {"another kind", as_kind(kind, Kind::kTally), "expected"},
    };
    for (FalseAnswer& lie : lies) lie.on_body = true;
    expect_answers(lies);
  }
}

TEST(HostileServer, EveryFieldOfTally) {
  const auto other = [](Frame& frame) {
    Ledger ledger = parse_tally(frame);
    ledger.received[Kind::kSmashed].payload += 1;
    set_payload(frame, payload_of(tally_frame(ledger, frame.header.round)));
  };
  expect_answers({
      {"other bytes", of_kind(Kind::kTally, other), "the ledgers differ", true},
      {"short", shorter(Kind::kTally), "tally", true},
      {"empty", replaced(Kind::kTally, ""), "tally", true},
      {"garbage", replaced(Kind::kTally, std::string(612, '\xff')), "tally", true},
  });
}

TEST(HostileServer, EveryFieldOfErrorAndBye) {
  const auto error = [](const std::string& bytes) {
    return of_kind(Kind::kState, [bytes](Frame& frame) {
      const auto sequence = frame.header.sequence;
      frame.header = FrameHeader{};
      frame.header.kind = Kind::kError;
      frame.header.sequence = sequence;
      set_payload(frame, bytes);
    });
  };
  expect_answers({
      {"a reason", error("\x08\x45\x12\x04gone"), "gone"},
      {"no UTF-8", error("\x08\x45\x12\x02\xff\xfe"), "server says"},
      {"no exit code", error("\x12\x04gone"), "gone"},
      {"an exit code of nobody's", error("\x08\xff\xff\xff\xff\x0f\x12\x04gone"), "gone"},
      {"garbage", error("\xff\xff\xff"), "does not parse"},
      {"bye without counts", replaced(Kind::kBye, ""), ""},
      {"bye of garbage", replaced(Kind::kBye, "\xff\xff\xff"), "bye"},
  });
}

}  // namespace
}  // namespace cleave::testing
