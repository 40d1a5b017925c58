// Bytes as what one hostile peer says over a job: its ready message, and then a report and an
// evaluation where that is believed. Whatever is believed can be averaged, journalled and resumed.
#include "server/coordinator/claims.h"

#include <cmath>
#include <cstring>

#include "common/base/error.h"

namespace cleave {
namespace {

// One byte decides the job; each message follows its length in two bytes.
class Input {
 public:
  explicit Input(std::span<const std::byte> bytes) : bytes_(bytes) {}

  unsigned byte() { return bytes_.empty() ? 0 : std::to_integer<unsigned>(take(1)[0]); }
  Frame message(Kind kind) {
    const std::size_t size = byte() | byte() << 8;
    const std::span<const std::byte> own = take(std::min(size, bytes_.size()));
    Frame frame;
    frame.header.kind = kind;
    frame.payload = Buffer(own.size());
    std::copy(own.begin(), own.end(), frame.payload.data());
    return frame;
  }

 private:
  std::span<const std::byte> take(std::size_t count) {
    const auto out = bytes_.first(count);
    bytes_ = bytes_.subspan(count);
    return out;
  }

  std::span<const std::byte> bytes_;
};

Job job_of(unsigned choice) {
  Job job;
  job.federation.clients = 4;
  job.optimizer.batch = 4;
  job.eval.batch = 5;
  job.phases.keep = (choice & 1) != 0 ? 0.5 : 1;
  job.phases.selection = (choice & 2) != 0 ? "global" : "class";
  job.phases.split_epochs = choice >> 2 & 3;
  job.phases.bypass_epochs = choice >> 4 & 1;
  if ((choice & 32) != 0) job.model.task = "causal_lm";
  return job;
}

void expect_usable(const Report& report, const Job& job) {
  CLEAVE_CHECK(report.all.samples <= max_samples(job));
  CLEAVE_CHECK(report.kept.samples <= report.all.samples);
  CLEAVE_CHECK(report.correct <= report.all.samples * 3);
  CLEAVE_CHECK(report.batches.size() <= report.all.samples * 3);
  if (!divergence(report).empty()) return;
  const double sum = report.loss_mean * static_cast<double>(report.kept.samples);
  CLEAVE_CHECK(std::isfinite(sum * 4));
}

void expect_usable(const EvalReport& report) {
  std::uint64_t sum = 0;
  for (const std::uint64_t n : report.confusion) {
    CLEAVE_CHECK(n <= report.work.samples);
    sum += n;
  }
  CLEAVE_CHECK(sum == report.work.samples);
}

void follow(Input input) {
  const unsigned choice = input.byte();
  const Job job = job_of(choice);
  const std::uint64_t labels = job.model.task == "causal_lm" ? 1 : 2;
  const JobClaims claims{job, labels, 12, 3, 128, true, (choice & 64) != 0};
  const Ready ready = parse_ready(input.message(Kind::kReady));
  check_ready(ready, Role::kClient, claims, "h");
  const Report report = parse_report(input.message(Kind::kReport));
  check_report(report, 2, ready, claims, "h");
  expect_usable(report, job);
  try {
    check_body_ledger(report.body, {}, Kind::kReport, report.batches, claims, "h");
  } catch (const ProtocolError&) {
  }
  check_body_work(stated_work(report, job), stated_work(report, job), "h");
  const EvalReport evaluation = parse_eval_report(input.message(Kind::kEvalReport));
  check_evaluation(evaluation, EvalSet::kDev, ready, claims, "h");
  expect_usable(evaluation);
  std::vector<std::uint64_t> known;
  check_same_labels(evaluation, known, "h");
}

}  // namespace
}  // namespace cleave

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cleave;
  try {
    follow(Input(std::span(reinterpret_cast<const std::byte*>(data), size)));
  } catch (const ProtocolError&) {
  }
  return 0;
}
