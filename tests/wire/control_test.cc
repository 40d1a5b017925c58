// Control messages: each survives the round trip, and what breaks its bounds is refused.
#include "common/wire/control.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <new>

#include "common/base/error.h"
#include "tests/support/refusal.h"

namespace {

// The largest single allocation since it was last set to 0.
std::size_t largest_allocation = 0;

}  // namespace

// Not inlined: GCC would warn of free() on what it takes for the library's operator new.
[[gnu::noinline]] void* operator new(std::size_t size) {
  largest_allocation = std::max(largest_allocation, size);
  if (void* const pointer = std::malloc(size)) return pointer;
  throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void* pointer) noexcept { std::free(pointer); }
[[gnu::noinline]] void operator delete(void* pointer, std::size_t) noexcept { std::free(pointer); }

namespace cleave {
namespace {

using testing::refusal;

Frame frame_of(Kind kind, std::string_view payload) {
  Frame frame;
  frame.header.kind = kind;
  frame.payload = Buffer(payload.size());
  std::memcpy(frame.payload.data(), payload.data(), payload.size());
  return frame;
}

Ledger some_ledger() {
  Ledger ledger;
  ledger.sent[Kind::kSmashed] = {3, 4096};
  ledger.received[Kind::kFeatures] = {2, 2048};
  return ledger;
}

TEST(Control, HelloSurvivesTheRoundTripForEveryRole) {
  for (const Role role : {Role::kClient, Role::kEvaluator, Role::kPredictor, Role::kBody}) {
    const Hello hello{role, "cleave-client 1", sha256("model"), sha256("job")};
    const Hello again = parse_hello(hello_frame(hello));
    EXPECT_EQ(again.role, role);
    EXPECT_EQ(again.program, "cleave-client 1");
    EXPECT_EQ(again.model_hash, hello.model_hash);
    EXPECT_EQ(again.job_hash, hello.job_hash);
  }
}

TEST(Control, SessionMessagesSurviveTheRoundTrip) {
  const HelloOk ok = parse_hello_ok(hello_ok_frame({"seed = 1\n", "10.0.0.1:7443"}));
  EXPECT_EQ(ok.job, "seed = 1\n");
  EXPECT_EQ(ok.body, "10.0.0.1:7443");
  const Ready ready = parse_ready(ready_frame({5, {3, 2}, 1}));
  EXPECT_EQ(ready.samples, 5u);
  EXPECT_EQ(ready.label_counts, (std::vector<std::uint64_t>{3, 2}));
  EXPECT_EQ(ready.dev_samples, 1u);
  const Bye bye = parse_bye(bye_frame({"done", 10, 20}));
  EXPECT_EQ(bye.reason, "done");
  EXPECT_EQ(bye.tls_sent, 10u);
  EXPECT_EQ(bye.tls_received, 20u);
}

TEST(Control, ReportSurvivesTheRoundTrip) {
  Report report;
  report.all = {5, 60, 800};
  report.kept = {3, 90, 3000};
  report.loss_first = 0.7;
  report.loss_mean = 0.6;
  report.bypass_loss = 0.5;
  report.correct = 2;
  report.kept_counts = {2, 1};
  report.predicted_counts = {1, 2};
  report.batches = {{2, 60}, {1, 30}};
  report.kept_ids = {0, 2, 4};
  report.coordinator = report.body = some_ledger();
  const Frame frame = report_frame(report, 7);
  EXPECT_EQ(frame.header.round, 7u);
  const Report again = parse_report(frame);
  EXPECT_EQ(again.all, report.all);
  EXPECT_EQ(again.kept, report.kept);
  EXPECT_EQ(again.loss_first, report.loss_first);
  EXPECT_EQ(again.loss_mean, report.loss_mean);
  EXPECT_EQ(again.bypass_loss, report.bypass_loss);
  EXPECT_EQ(again.correct, report.correct);
  EXPECT_EQ(again.kept_counts, report.kept_counts);
  EXPECT_EQ(again.predicted_counts, report.predicted_counts);
  EXPECT_EQ(again.batches, report.batches);
  EXPECT_EQ(again.kept_ids, report.kept_ids);
  EXPECT_EQ(again.coordinator, report.coordinator);
  EXPECT_EQ(again.body, report.body);
}

TEST(Control, EvalReportSurvivesTheRoundTrip) {
  EvalReport report;
  report.work = {4, 40, 400};
  report.nll_sum = 2.5;
  report.confusion = {2, 0, 1, 1};
  report.batches = {{4, 40}};
  report.coordinator = report.body = some_ledger();
  const Frame frame = eval_report_frame(report, 3, 1);
  EXPECT_EQ(frame.header.step, 1u);
  const EvalReport again = parse_eval_report(frame);
  EXPECT_EQ(again.work, report.work);
  EXPECT_EQ(again.nll_sum, report.nll_sum);
  EXPECT_EQ(again.confusion, report.confusion);
  EXPECT_EQ(again.batches, report.batches);
  EXPECT_EQ(again.coordinator, report.coordinator);
  EXPECT_EQ(again.body, report.body);
}

TEST(Control, SizeOfARoundsMessagesDoesNotDependOnTheirValues) {
  Report zero, large;
  zero.batches = {{0, 0}};
  large.batches = {{~0u, ~0u}};
  zero.kept_counts = {0, 0};
  large.kept_counts = {~0ull, ~0ull};
  large.all = large.kept = {~0ull, ~0ull, ~0ull};
  large.loss_mean = -1e300;
  large.correct = ~0ull;
  large.coordinator = some_ledger();
  EXPECT_EQ(report_frame(zero, 1).payload.size(), report_frame(large, 1).payload.size());
  EXPECT_EQ(tally_frame({}, 1).payload.size(), tally_frame(some_ledger(), 1).payload.size());
  EXPECT_EQ(round_end_frame({true, ""}, 1).payload.size(),
            round_end_frame({false, ""}, 1).payload.size());
}

TEST(Control, TallyLeavesPingsOut) {
  Ledger ledger = some_ledger();
  ledger.sent[Kind::kPing] = {9, 0};
  EXPECT_EQ(parse_tally(tally_frame(ledger, 1)), some_ledger());
}

TEST(Control, MessageThatDoesNotParseIsRefusedByName) {
  const Frame garbage = frame_of(Kind::kReport, "\xff\xff\xff\xff");
  EXPECT_EQ(refusal<ProtocolError>([&] { parse_report(garbage); }),
            "a report message does not parse");
}

// A message that this protocol would have written otherwise could say more than is checked, and its
// size would not be the closed form's.
TEST(Control, MessageWithAnUnknownRepeatedOrLooselyWrittenFieldIsRefused) {
  const auto text = [](const Frame& frame) {
    return std::string(reinterpret_cast<const char*>(frame.payload.data()), frame.payload.size());
  };
  const std::string ready = text(ready_frame({5, {3, 2}, 0}));
  for (const std::string& bytes :
       {ready + std::string("\xf8\x07\x01"), ready + ready, ready + std::string("\x18\x00", 2),
        std::string("\x08\x85\x00", 3) + ready.substr(2)}) {
    EXPECT_EQ(refusal<ProtocolError>([&] { parse_ready(frame_of(Kind::kReady, bytes)); }),
              "a ready message holds fields that this protocol does not know");
  }
  EXPECT_EQ(parse_ready(frame_of(Kind::kReady, ready)).samples, 5u);
}

TEST(Control, MessageOfARoundWithoutOneOfItsFieldsIsRefused) {
  EXPECT_EQ(refusal<ProtocolError>([] { parse_round_end(frame_of(Kind::kRoundEnd, "")); }),
            "a round_end message leaves out a field");
  EXPECT_EQ(refusal<ProtocolError>([] { parse_report(frame_of(Kind::kReport, "")); }),
            "a report message leaves out a field");
  EXPECT_EQ(refusal<ProtocolError>([] { parse_eval_report(frame_of(Kind::kEvalReport, "")); }),
            "a eval_report message leaves out a field");
  EXPECT_NE(refusal<ProtocolError>([] {
              parse_round_end(frame_of(Kind::kRoundEnd, std::string_view("\x0d\x02\0\0\0", 5)));
            }),
            "");
}

TEST(Control, TextOfAPeerIsUtf8OnOneLine) {
  const Bye bye = parse_bye(frame_of(Kind::kBye,
                                     "\x0a\x06"
                                     "a\xff\nb\xc3\xa9"));
  EXPECT_EQ(bye.reason, "a? b\u00e9");
  EXPECT_EQ(parse_bye(bye_frame({std::string(5000, '\xe4'), 0, 0})).reason, std::string(1024, '?'));
}

TEST(Control, MessageOfEveryTruncatedLengthIsRefusedOrRead) {
  const Frame whole = report_frame({}, 1);
  const std::string_view bytes(reinterpret_cast<const char*>(whole.payload.data()),
                               whole.payload.size());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    // Without its last field, a tally, no prefix is a report.
    EXPECT_NE(
        refusal<ProtocolError>([&] { parse_report(frame_of(Kind::kReport, bytes.substr(0, n))); }),
        "")
        << n << " of " << bytes.size();
  }
}

TEST(Control, FieldThatClaimsMoreThanTheMessageHoldsIsRefusedBeforeAnyLargeAllocation) {
  // Packed fields 9 (batch_samples) of 1 GiB, and a string of 1 GiB.
  const Frame report = frame_of(Kind::kReport, std::string_view("\x4a\x80\x80\x80\x80\x04"
                                                                "abcd"));
  const Frame hello_ok = frame_of(Kind::kHelloOk, std::string_view("\x0a\x80\x80\x80\x80\x04"
                                                                   "abcd"));
  largest_allocation = 0;
  EXPECT_EQ(refusal<ProtocolError>([&] { parse_report(report); }),
            "a report message does not parse");
  EXPECT_EQ(refusal<ProtocolError>([&] { parse_hello_ok(hello_ok); }),
            "a hello_ok message does not parse");
  EXPECT_LT(largest_allocation, 1u << 16);
}

TEST(Control, ReportWhoseBatchListsDifferInLengthIsRefused) {
  const Frame frame = frame_of(Kind::kEvalReport, std::string_view("\x22\x04\x01\0\0\0", 6));
  EXPECT_EQ(refusal<ProtocolError>([&] { parse_eval_report(frame); }),
            "a report lists samples and rows of different numbers of batches");
}

TEST(Control, TallyThatDoesNotListEveryKindIsRefused) {
  EXPECT_EQ(refusal<ProtocolError>([] { parse_tally(frame_of(Kind::kTally, "")); }),
            "a tally does not list every kind of frame");
}

TEST(Control, HelloWithAnUnknownRoleOrAShortHashIsRefused) {
  EXPECT_EQ(refusal<ProtocolError>([] {
              parse_hello(frame_of(Kind::kHello,
                                   "\x0a\x03"
                                   "god"));
            }),
            "hello: unknown role \"god\"");
  EXPECT_EQ(refusal<ProtocolError>([] {
              parse_hello(frame_of(Kind::kHello,
                                   "\x0a\x04"
                                   "body\x1a\x01x"));
            }),
            "hello: the model hash is not 32 bytes");
}

TEST(Control, TextFromAPeerIsMadePrintableAndBounded) {
  EXPECT_EQ(parse_bye(bye_frame({"\x1b[2Jgone\n", 0, 0})).reason, " [2Jgone ");
  EXPECT_EQ(parse_bye(bye_frame({std::string(5000, 'x'), 0, 0})).reason.size(), 1024u);
}

template <class E>
void expect_rethrown(Exit exit) {
  const Frame frame = error_frame(static_cast<int>(exit), "the reason");
  try {
    throw_error_message("client-7", frame.payload.bytes());
  } catch (const E& error) {
    EXPECT_EQ(error.exit(), exit == Exit::kBug ? Exit::kUnavailable : exit);
    EXPECT_STREQ(error.what(), "client-7 says: the reason");
  }
}

TEST(Control, ErrorFromAPeerBecomesTheErrorWithItsExitCode) {
  expect_rethrown<DataError>(Exit::kData);
  expect_rethrown<ProtocolError>(Exit::kProtocol);
  expect_rethrown<PermissionError>(Exit::kPermission);
  expect_rethrown<UnavailableError>(Exit::kUnavailable);
  expect_rethrown<UnavailableError>(Exit::kBug);  // the peer's bug, not ours
}

}  // namespace
}  // namespace cleave
