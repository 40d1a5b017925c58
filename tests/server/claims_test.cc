// Every number that a peer says of itself, spoilt in several ways: none passes the door.
#include "server/coordinator/claims.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "common/exchange/kept.h"
#include "tests/support/refusal.h"

namespace cleave {
namespace {

using testing::refusal;

constexpr std::uint64_t kMost = std::numeric_limits<std::uint64_t>::max();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

Job small_job() {
  Job job;
  job.federation.clients = 4;
  job.optimizer.batch = 4;
  job.eval.batch = 5;
  job.phases.split_epochs = 2;
  job.phases.keep = 0.5;
  job.phases.bypass_epochs = 1;
  return job;
}

JobClaims claims_of(const Job& job) { return {job, 2, 12, 3, 128, true, true}; }

// Ten samples of 4 text rows, seven of them labelled 0; in round 2 half of each label is kept.
Ready honest_ready() { return {10, {7, 3}, 8}; }

Report honest_report() {
  Report report;
  report.all = {10, 40, 160};
  report.kept = {6, 42, 294};
  report.loss_first = 0.7;
  report.loss_mean = 0.6;
  report.bypass_loss = 0.65;
  report.correct = 7;
  report.kept_counts = {4, 2};
  report.predicted_counts = {9, 3};
  report.batches = {{4, 28}, {2, 14}, {4, 28}, {2, 14}};
  report.kept_ids = {0, 2, 3, 5, 8, 9};
  return report;
}

EvalReport honest_evaluation() {
  EvalReport report;
  report.work = {8, 56, 392};
  report.nll_sum = 5.5;
  report.confusion = {4, 1, 1, 2};
  report.batches = {{5, 35}, {3, 21}};
  return report;
}

std::string why_ready(const Ready& ready, Role role = Role::kClient) {
  const Job job = small_job();
  return refusal<ProtocolError>([&] { check_ready(ready, role, claims_of(job), "h"); });
}

std::string why_report(const Report& report, const Job& job = small_job()) {
  return refusal<ProtocolError>(
      [&] { check_report(report, 2, honest_ready(), claims_of(job), "h"); });
}

std::string why_evaluation(const EvalReport& report, EvalSet set = EvalSet::kDev) {
  const Job job = small_job();
  return refusal<ProtocolError>(
      [&] { check_evaluation(report, set, honest_ready(), claims_of(job), "h"); });
}

TEST(Claims, ThatAreTruePass) {
  EXPECT_EQ(why_ready(honest_ready()), "");
  EXPECT_EQ(why_ready({0, {}, 8}, Role::kEvaluator), "");
  EXPECT_EQ(why_ready({0, {0, 0}, 0}), "");
  EXPECT_EQ(why_report(honest_report()), "");
  EXPECT_EQ(why_evaluation(honest_evaluation()), "");
  EXPECT_EQ(why_evaluation(honest_evaluation(), EvalSet::kTest), "");
}

TEST(Claims, OfSamplesAreBoundedByTheJobAlone) {
  Job job = small_job();
  EXPECT_EQ(max_samples(job), (std::uint64_t{1} << 31) / 4);
  job.server.roster = {"a", "b"};
  EXPECT_EQ(max_samples(job), std::uint64_t{1} << 30);
  job.federation.max_samples = 500;
  EXPECT_EQ(max_samples(job), 500u);
  job.federation.max_samples = std::int64_t{1} << 31;
  EXPECT_EQ(max_samples(job), std::uint64_t{1} << 30) << "all together stay below 2^31";
}

// Each entry is one field, spoilt in one way.
template <class Message>
using Spoilings = std::vector<std::pair<const char*, std::function<void(Message&)>>>;

// Every spoiling is refused, and the refusal names the client.
template <class Message>
void expect_refused(const Message& honest, const Spoilings<Message>& spoilings,
                    const std::function<std::string(const Message&)>& why) {
  for (const auto& [name, spoil] : spoilings) {
    Message message = honest;
    spoil(message);
    const std::string reason = why(message);
    EXPECT_NE(reason, "") << name;
    EXPECT_NE(reason.find(" of h "), std::string::npos) << name << ": " << reason;
  }
}

TEST(Claims, EveryFieldOfReadySpoiltIsRefused) {
  const Spoilings<Ready> spoilings = {
      {"samples one more", [](Ready& r) { r.samples += 1; }},
      {"samples one less", [](Ready& r) { r.samples -= 1; }},
      {"samples none", [](Ready& r) { r.samples = 0; }},
      {"2^31 - 1, which own the average",
       [](Ready& r) { r.samples = r.label_counts[0] = (1u << 31) - 1, r.label_counts[1] = 0; }},
      {"2^64 - 1, which wrap",
       [](Ready& r) {
         r.samples = kMost, r.label_counts = {kMost, 0};
       }},
      {"counts that wrap to the sum",
       [](Ready& r) {
         r.label_counts = {kMost, 11};
       }},
      {"too many counts", [](Ready& r) { r.label_counts.push_back(0); }},
      {"100,000 counts", [](Ready& r) { r.label_counts.resize(100000); }},
      {"too few counts", [](Ready& r) { r.label_counts = {10}; }},
      {"no counts", [](Ready& r) { r.label_counts.clear(); }},
      {"one count more", [](Ready& r) { r.label_counts[1] += 1; }},
      {"dev_samples huge", [](Ready& r) { r.dev_samples = kMost; }},
      {"dev_samples above the bound", [](Ready& r) { r.dev_samples = (1u << 29) + 1; }},
  };
  expect_refused<Ready>(honest_ready(), spoilings, [](const Ready& r) { return why_ready(r); });
  EXPECT_NE(why_ready(honest_ready(), Role::kEvaluator), "") << "an evaluator trains on nothing";
}

TEST(Claims, EveryFieldOfAReportSpoiltIsRefused) {
  Spoilings<Report> spoilings = {
      {"loss_first negative", [](Report& r) { r.loss_first = -1; }},
      {"loss_first above fp32", [](Report& r) { r.loss_first = 1e300; }},
      {"loss_mean negative", [](Report& r) { r.loss_mean = -0.5; }},
      {"loss_mean above fp32", [](Report& r) { r.loss_mean = 1e308; }},
      {"bypass_loss negative", [](Report& r) { r.bypass_loss = -1e30; }},
      {"bypass_loss above fp32", [](Report& r) { r.bypass_loss = 4e38; }},
      {"correct above what is predicted", [](Report& r) { r.correct = 12; }},
      {"correct wraps", [](Report& r) { r.correct = kMost; }},
      {"kept_counts moved",
       [](Report& r) {
         r.kept_counts = {3, 3};
       }},
      {"kept_counts wrap",
       [](Report& r) {
         r.kept_counts = {kMost, 7};
       }},
      {"kept_counts long", [](Report& r) { r.kept_counts.push_back(0); }},
      {"kept_counts empty", [](Report& r) { r.kept_counts.clear(); }},
      {"predicted_counts one more", [](Report& r) { r.predicted_counts[0] += 1; }},
      {"predicted_counts wrap",
       [](Report& r) {
         r.predicted_counts = {kMost, 13};
       }},
      {"predicted_counts long", [](Report& r) { r.predicted_counts.resize(50); }},
      {"predicted_counts empty", [](Report& r) { r.predicted_counts.clear(); }},
      {"batches none", [](Report& r) { r.batches.clear(); }},
      {"batches one more",
       [](Report& r) {
         r.batches.push_back({4, 28});
       }},
      {"batches one less", [](Report& r) { r.batches.pop_back(); }},
      {"batches in another order", [](Report& r) { std::swap(r.batches[0], r.batches[1]); }},
      {"a batch of no samples", [](Report& r) { r.batches[1].samples = 0; }},
      {"a batch of 2^32 - 1 samples", [](Report& r) { r.batches[0].samples = ~0u; }},
      {"a batch of no rows", [](Report& r) { r.batches[0].rows = 0; }},
      {"a batch of 2^32 - 1 rows", [](Report& r) { r.batches[0].rows = ~0u; }},
      {"a batch of one row more", [](Report& r) { r.batches[3].rows += 1; }},
      {"kept_ids none", [](Report& r) { r.kept_ids.clear(); }},
      {"kept_ids one more", [](Report& r) { r.kept_ids = {0, 1, 2, 3, 5, 8, 9}; }},
      {"kept_ids twice", [](Report& r) { r.kept_ids[1] = r.kept_ids[0]; }},
      {"kept_ids that descend", [](Report& r) { std::swap(r.kept_ids[0], r.kept_ids[5]); }},
      {"a kept id beyond", [](Report& r) { r.kept_ids[5] = 10; }},
      {"the last kept id 2^32 - 1", [](Report& r) { r.kept_ids[5] = ~0u; }},
      {"the first kept id 2^32 - 1", [](Report& r) { r.kept_ids[0] = ~0u; }},
  };
  for (Work Report::*work : {&Report::all, &Report::kept}) {
    for (std::uint64_t Work::*field : {&Work::samples, &Work::rows, &Work::squares}) {
      for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, kMost, kMost / 2}) {
        spoilings.emplace_back("a sum", [=](Report& r) { r.*work.*field = value; });
      }
      spoilings.emplace_back("a sum by one", [=](Report& r) { r.*work.*field += 1; });
    }
  }
  // Squares are bounded, not known: the body knows them.
  std::erase_if(spoilings, [](const auto& entry) {
    Report spoilt = honest_report();
    entry.second(spoilt);
    Report other = honest_report();
    other.kept.squares = spoilt.kept.squares;
    other.all.squares = spoilt.all.squares;
    return spoilt.kept == other.kept && spoilt.all == other.all &&
           std::string(entry.first) == "a sum by one";
  });
  expect_refused<Report>(honest_report(), spoilings, [](const Report& r) { return why_report(r); });
}

TEST(Claims, OfARoundWithoutPruningAreKnownExactly) {
  Job job = small_job();
  job.phases.keep = 1;
  job.phases.split_epochs = 1;
  job.phases.bypass_epochs = 0;
  Report report = honest_report();
  report.kept = {10, 70, 490};
  report.kept_counts = {7, 3};
  report.predicted_counts = {6, 4};
  report.batches = {{4, 28}, {4, 28}, {2, 14}};
  report.kept_ids.clear();
  report.bypass_loss = 0;
  EXPECT_EQ(why_report(report, job), "");
  const auto spoilt = [&](auto spoil) {
    Report other = report;
    spoil(other);
    return why_report(other, job);
  };
  EXPECT_NE(spoilt([](Report& r) { r.kept.squares += 1; }), "");
  EXPECT_NE(spoilt([](Report& r) { r.all.squares += 1; }), "");
  EXPECT_NE(spoilt([](Report& r) { r.bypass_loss = 0.1; }), "");
  EXPECT_NE(spoilt([](Report& r) { r.kept_ids = {1}; }), "");
}

TEST(Claims, ALossThatIsNotFiniteIsDivergenceAndNoLie) {
  for (double Report::*loss : {&Report::loss_first, &Report::loss_mean, &Report::bypass_loss}) {
    for (const double value : {kNan, kInfinity, -kInfinity}) {
      Report report = honest_report();
      report.*loss = value;
      EXPECT_EQ(why_report(report), "");
      EXPECT_NE(divergence(report), "");
    }
  }
  EvalReport evaluation = honest_evaluation();
  EXPECT_EQ(divergence(evaluation), "");
  evaluation.nll_sum = kNan;
  EXPECT_NE(divergence(evaluation), "");
  EXPECT_EQ(divergence(honest_report()), "");
}

TEST(Claims, EveryFieldOfAnEvaluationSpoiltIsRefused) {
  Spoilings<EvalReport> spoilings = {
      {"nll negative", [](EvalReport& r) { r.nll_sum = -1; }},
      {"nll huge", [](EvalReport& r) { r.nll_sum = 1e300; }},
      {"confusion long", [](EvalReport& r) { r.confusion.push_back(0); }},
      {"confusion of one class", [](EvalReport& r) { r.confusion = {8}; }},
      {"confusion of three", [](EvalReport& r) { r.confusion = {8, 0, 0, 0, 0, 0, 0, 0, 0}; }},
      {"confusion empty", [](EvalReport& r) { r.confusion.clear(); }},
      {"confusion one more", [](EvalReport& r) { r.confusion[3] += 1; }},
      {"confusion that wraps to the sum, of accuracy 2.3e17",
       [](EvalReport& r) {
         r.confusion = {kMost / 2 + 1, kMost / 2 + 1, 0, 8};
       }},
      {"batches none", [](EvalReport& r) { r.batches.clear(); }},
      {"batches one more",
       [](EvalReport& r) {
         r.batches.push_back({1, 7});
       }},
      {"a batch too large", [](EvalReport& r) { r.batches[1].samples = 4; }},
      {"a batch of 2^32 - 1 rows", [](EvalReport& r) { r.batches[1].rows = ~0u; }},
      {"a batch of no rows", [](EvalReport& r) { r.batches[0].rows = 0; }},
  };
  for (std::uint64_t Work::*field : {&Work::samples, &Work::rows, &Work::squares}) {
    for (const std::uint64_t value : {std::uint64_t{0}, std::uint64_t{1}, kMost}) {
      spoilings.emplace_back("a sum", [=](EvalReport& r) { r.work.*field = value; });
    }
  }
  for (const EvalSet set : {EvalSet::kDev, EvalSet::kTest}) {
    expect_refused<EvalReport>(honest_evaluation(), spoilings,
                               [set](const EvalReport& r) { return why_evaluation(r, set); });
  }
}

TEST(Claims, OfAnEvaluationsLabelsStayTheSame) {
  std::vector<std::uint64_t> known;
  EvalReport report = honest_evaluation();
  check_same_labels(report, known, "h");
  EXPECT_EQ(known, (std::vector<std::uint64_t>{5, 3}));
  report.confusion = {0, 5, 3, 0};
  check_same_labels(report, known, "h");
  report.confusion = {4, 2, 1, 1};
  EXPECT_NE(refusal<ProtocolError>([&] { check_same_labels(report, known, "h"); }), "");
}

TEST(Claims, AreHeldToWhatTheBodySaw) {
  const Job job = small_job();
  const BodyWork stated = stated_work(honest_report(), job);
  EXPECT_EQ(stated, (BodyWork{4, {12, 84, 588}}));
  check_body_work(stated, stated, "h");
  for (std::uint64_t BodyWork::*field : {&BodyWork::steps}) {
    BodyWork seen = stated;
    seen.*field -= 1;
    EXPECT_NE(refusal<ProtocolError>([&] { check_body_work(stated, seen, "h"); }), "");
  }
  for (std::uint64_t Work::*field : {&Work::samples, &Work::rows, &Work::squares}) {
    BodyWork seen = stated;
    seen.work.*field -= 1;
    EXPECT_NE(refusal<ProtocolError>([&] { check_body_work(stated, seen, "h"); }), "");
  }
}

// By hand: 84 rows of 128 bytes twice in either direction, 4 bytes of length a sample, one tally.
Ledger honest_body_ledger() {
  Ledger ledger;
  const std::uint64_t rows = 84 * 128;
  ledger.sent[Kind::kHello] = {1, 70};
  ledger.sent[Kind::kSmashed] = {4, rows + 4 * 12};
  ledger.received[Kind::kFeatures] = {4, rows};
  ledger.sent[Kind::kFeaturesGrad] = {4, rows};
  ledger.received[Kind::kSmashedGrad] = {4, rows};
  const std::uint64_t tally = tally_frame({}, 1).payload.size();
  ledger.sent[Kind::kTally] = ledger.received[Kind::kTally] = {1, tally};
  return ledger;
}

TEST(Claims, OfALinkToABodyElsewhereAreHeldToTheBatches) {
  const Job job = small_job();
  const auto why = [&](const Ledger& before, const Ledger& stated) {
    return refusal<ProtocolError>([&] {
      check_body_ledger(stated, before, Kind::kReport, honest_report().batches, claims_of(job),
                        "h");
    });
  };
  const Ledger honest = honest_body_ledger();
  EXPECT_EQ(why({}, honest), "");
  EXPECT_EQ(why(honest, honest + honest), "") << "the next round's";
  EXPECT_NE(why(honest, honest), "") << "nothing since";
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i].group == Group::kSession) continue;
    for (Direction Ledger::*direction : {&Ledger::sent, &Ledger::received}) {
      for (std::uint64_t Count::*field : {&Count::frames, &Count::payload}) {
        for (const std::uint64_t by : {std::uint64_t{1}, kMost, kMost / 2}) {
          Ledger spoilt = honest;
          (spoilt.*direction).by_kind[i].*field += by;
          EXPECT_NE(why({}, spoilt), "") << kKinds[i].name;
        }
      }
    }
  }
}

}  // namespace
}  // namespace cleave
