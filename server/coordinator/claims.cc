#include "server/coordinator/claims.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "common/base/error.h"
#include "common/exchange/kept.h"

namespace cleave {
namespace {

// Holds any product of two counts that have passed their own bounds, and any sum of 64-bit ones.
__extension__ using Wide = unsigned __int128;

constexpr std::uint64_t kMaxWeights = std::uint64_t{1} << 31;
// Losses are computed in fp32; a rounding error may leave one just below zero.
constexpr double kMaxLoss = std::numeric_limits<float>::max();
constexpr double kMinLoss = -1e-6;

std::string text(Wide value) {
  std::string digits;
  do {
    digits.insert(digits.begin(), static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value > 0);
  return digits;
}

// A message whose numbers are looked at one by one.
struct Statement {
  std::string whose;  // "the report of hospital-a"

  [[noreturn]] void refuse(const std::string& why) const { throw ProtocolError(whose + " " + why); }
  void equal(const std::string& what, Wide said, Wide known) const {
    if (said != known) refuse("says " + what + " = " + text(said) + "; it must be " + text(known));
  }
  void within(const std::string& what, Wide said, Wide low, Wide high) const {
    if (said >= low && said <= high) return;
    refuse("says " + what + " = " + text(said) + "; it must be from " + text(low) + " to " +
           text(high));
  }
  // Whether a value is finite is another question (divergence).
  void is_loss(const std::string& what, double said, double terms) const {
    if (!std::isfinite(said) || (said >= kMinLoss * terms && said <= kMaxLoss * terms)) return;
    refuse("says " + what + " = " + std::to_string(said) + ", which no loss is");
  }
};

Wide sum_of(const std::vector<std::uint64_t>& counts) {
  Wide sum = 0;
  for (const std::uint64_t n : counts) sum += n;
  return sum;
}

void check_counts(const Statement& s, const std::string& what,
                  const std::vector<std::uint64_t>& counts, Wide size, Wide total) {
  s.equal("the number of its " + what, counts.size(), size);
  s.equal("the sum of its " + what, sum_of(counts), total);
}

// Rows of every one of `samples` samples.
struct RowRange {
  std::uint64_t low = 1, high = 1;
};

// Squares between those of equal rows (Cauchy-Schwarz) and those of rows at the range's ends:
// (x - low)(high - x) >= 0 of every sample.
void check_work(const Statement& s, const std::string& what, const Work& work,
                std::uint64_t samples, const RowRange& range) {
  s.equal(what + ".samples", work.samples, samples);
  const Wide n = samples, rows = work.rows, low = range.low, high = range.high;
  s.within(what + ".rows", rows, n * low, n * high);
  const Wide least = n == 0 ? 0 : (rows * rows + n - 1) / n;
  const Wide most = (low + high) * rows - n * low * high;
  s.within(what + ".squares", work.squares, least, most);
}

// `epochs` passes over `samples` samples of `rows` rows in all, in batches of `size`.
void check_batches(const Statement& s, const std::vector<BatchShape>& batches,
                   std::uint64_t samples, std::uint64_t rows, std::int64_t batch,
                   std::int64_t epochs, const RowRange& range) {
  const auto size = static_cast<std::uint64_t>(batch);
  const std::uint64_t steps = samples / size + (samples % size != 0);  // of an epoch
  s.equal("the number of its batches", batches.size(), Wide{steps} * static_cast<Wide>(epochs));
  std::uint64_t step = 0;
  Wide seen = 0;
  for (const BatchShape& own : batches) {
    s.equal("a batch's samples", own.samples, std::min(size, samples - step * size));
    s.within("a batch's rows", own.rows, Wide{own.samples} * range.low,
             Wide{own.samples} * range.high);
    seen += own.rows;
    if (++step < steps) continue;
    s.equal("the rows of an epoch's batches", seen, rows);
    step = 0;
    seen = 0;
  }
}

void check_kept_counts(const Statement& s, const Report& report, std::uint32_t round,
                       const Ready& ready, const JobClaims& claims) {
  check_counts(s, "kept_counts", report.kept_counts, claims.labels, report.kept.samples);
  const auto& phases = claims.job.phases;
  const bool pruned = prunes(claims.job, round);
  for (std::size_t c = 0; c < report.kept_counts.size(); ++c) {
    const std::uint64_t all = c < ready.label_counts.size() ? ready.label_counts[c] : 0;
    const bool by_label = pruned && phases.selection == "class";
    const std::uint64_t most = by_label ? keep_count(phases.keep, all) : all;
    s.within("a label's kept samples", report.kept_counts[c], pruned && !by_label ? 0 : most, most);
  }
}

void check_predictions(const Statement& s, const Report& report, const Job& job,
                       std::uint64_t labels) {
  const auto epochs = static_cast<Wide>(job.phases.split_epochs);
  const bool classes = job.model.task == "classification";
  check_counts(s, "predicted_counts", report.predicted_counts, labels,
               classes ? epochs * report.kept.samples : 0);
  Wide most = 0;  // no label is predicted right more often than it is predicted, or occurs
  for (std::size_t c = 0; c < report.predicted_counts.size(); ++c) {
    most += std::min(Wide{report.predicted_counts[c]}, epochs * report.kept_counts[c]);
  }
  s.within("correct", report.correct, 0, most);
}

void check_kept_ids(const Statement& s, const Report& report, bool pruned) {
  s.equal("the number of its kept_ids", report.kept_ids.size(), pruned ? report.kept.samples : 0);
  std::uint64_t next = 0;
  for (const std::uint32_t id : report.kept_ids) {
    if (id < next) s.refuse("lists kept_ids that do not ascend");
    next = std::uint64_t{id} + 1;
  }
  if (next > report.all.samples) s.refuse("lists a kept id beyond its samples");
}

// Kept rows are rows of all, each with the prompt's beside it.
void check_kept_rows(const Statement& s, const Work& all, const Work& kept, Wide prompt) {
  const Wide own = kept.rows - prompt * kept.samples;  // check_work: at least one a sample
  const Wide squares = all.squares + 2 * prompt * all.rows + prompt * prompt * all.samples;
  if (kept.samples == all.samples) {
    s.equal("kept.rows without the prompt's", own, all.rows);
    s.equal("kept.squares", kept.squares, squares);
  } else {
    // Every sample that is left out has a row.
    s.within("kept.rows without the prompt's", own, 0, all.rows - (all.samples - kept.samples));
    s.within("kept.squares", kept.squares, 0, squares);
  }
}

Count expected_count(Kind kind, Kind statement, const std::vector<BatchShape>& batches,
                     const JobClaims& claims) {
  const bool training = statement == Kind::kReport;
  const bool up = kind == (training ? Kind::kSmashed : Kind::kEvalSmashed);
  const bool down = kind == (training ? Kind::kFeatures : Kind::kEvalFeatures);
  Count out;
  if (training && kind == Kind::kTally) out = {1, tally_frame({}, 0).payload.size()};
  const bool smashed = up || (training && kind == Kind::kSmashedGrad);
  const bool features = down || (training && kind == Kind::kFeaturesGrad);
  if (claims.empty_body || (!smashed && !features)) return out;
  const bool with_prompt = smashed ? claims.prompt_sent : claims.prompt_returned;
  for (const BatchShape& batch : batches) {
    const std::uint64_t prompt = with_prompt ? 0 : claims.prompt_rows * batch.samples;
    out += Count{1, (batch.rows - prompt) * claims.row_bytes + (up ? 4 * batch.samples : 0)};
  }
  return out;
}

bool sent_by_client(Kind kind) {
  return kind == Kind::kSmashed || kind == Kind::kFeaturesGrad || kind == Kind::kEvalSmashed ||
         kind == Kind::kTally;
}
bool received_by_client(Kind kind) {
  return kind == Kind::kFeatures || kind == Kind::kSmashedGrad || kind == Kind::kEvalFeatures ||
         kind == Kind::kTally;
}

}  // namespace

std::uint64_t max_samples(const Job& job) {
  const std::size_t roster = job.server.roster.size();
  const std::uint64_t clients =
      roster > 0 ? roster : static_cast<std::uint64_t>(job.federation.clients);
  const std::uint64_t share = kMaxWeights / std::max<std::uint64_t>(clients, 1);
  const auto own = static_cast<std::uint64_t>(job.federation.max_samples);
  return own == 0 ? share : std::min(own, share);
}

void check_ready(const Ready& ready, Role role, const JobClaims& claims, const std::string& id) {
  const Statement s{"the ready message of " + id};
  const std::uint64_t most = max_samples(claims.job);
  s.within("samples", ready.samples, 0, role == Role::kClient ? most : 0);
  s.within("dev_samples", ready.dev_samples, 0, most);
  if (ready.samples == 0 && ready.label_counts.empty()) return;
  check_counts(s, "label_counts", ready.label_counts, claims.labels, ready.samples);
}

void check_report(const Report& report, std::uint32_t round, const Ready& ready,
                  const JobClaims& claims, const std::string& id) {
  const Statement s{"the report of " + id};
  const Job& job = claims.job;
  const RowRange text{1, claims.max_text_rows};
  const RowRange rows{1 + claims.prompt_rows, claims.max_text_rows + claims.prompt_rows};
  check_work(s, "all", report.all, ready.samples, text);
  check_work(s, "kept", report.kept, kept_samples(job, round, ready.label_counts), rows);
  check_kept_rows(s, report.all, report.kept, claims.prompt_rows);
  check_batches(s, report.batches, report.kept.samples, report.kept.rows, job.optimizer.batch,
                job.phases.split_epochs, rows);
  check_kept_counts(s, report, round, ready, claims);
  check_predictions(s, report, job, claims.labels);
  check_kept_ids(s, report, prunes(job, round));
  s.is_loss("loss_first", report.loss_first, report.batches.empty() ? 0 : 1);
  s.is_loss("loss_mean", report.loss_mean, report.batches.empty() ? 0 : 1);
  s.is_loss("bypass_loss", report.bypass_loss, job.phases.bypass_epochs > 0 ? 1 : 0);
}

void check_evaluation(const EvalReport& report, EvalSet set, const Ready& ready,
                      const JobClaims& claims, const std::string& id) {
  const Statement s{"the evaluation of " + id};
  const RowRange rows{1 + claims.prompt_rows, claims.max_text_rows + claims.prompt_rows};
  if (set == EvalSet::kTest) s.within("samples", report.work.samples, 1, max_samples(claims.job));
  const std::uint64_t samples = set == EvalSet::kDev ? ready.dev_samples : report.work.samples;
  check_work(s, "work", report.work, samples, rows);
  check_batches(s, report.batches, samples, report.work.rows, claims.job.eval.batch, 1, rows);
  check_counts(s, "confusion counts", report.confusion, Wide{claims.labels} * claims.labels,
               samples);
  // A language model's sum is over tokens, of which there are fewer than rows.
  s.is_loss("nll_sum", report.nll_sum, static_cast<double>(report.work.rows));
}

void check_same_labels(const EvalReport& report, std::vector<std::uint64_t>& known,
                       const std::string& id) {
  std::vector<std::uint64_t> labels;
  while (labels.size() * labels.size() < report.confusion.size()) labels.push_back(0);
  for (std::size_t i = 0; i < report.confusion.size(); ++i) {
    labels[i / labels.size()] += report.confusion[i];
  }
  if (known.empty()) known = labels;
  if (known == labels) return;
  Statement{"the evaluation of " + id}.refuse(
      "counts other samples of a label than its earlier evaluation of the same data");
}

std::string divergence(const Report& report) {
  if (std::isfinite(report.loss_first) && std::isfinite(report.loss_mean) &&
      std::isfinite(report.bypass_loss)) {
    return {};
  }
  return "its loss is not finite: it diverged; lower the learning rates";
}

std::string divergence(const EvalReport& report) {
  if (std::isfinite(report.nll_sum)) return {};
  return "its log-likelihood is not finite: the model diverged; lower the learning rates";
}

BodyWork& BodyWork::operator+=(const BodyWork& other) {
  steps += other.steps;
  work.samples += other.work.samples;
  work.rows += other.work.rows;
  work.squares += other.work.squares;
  return *this;
}

BodyWork& BodyWork::operator-=(const BodyWork& other) {
  steps -= other.steps;
  work.samples -= other.work.samples;
  work.rows -= other.work.rows;
  work.squares -= other.work.squares;
  return *this;
}

BodyWork stated_work(const Report& report, const Job& job) {
  const auto epochs = static_cast<std::uint64_t>(job.phases.split_epochs);
  const Work& kept = report.kept;
  return {report.batches.size(),
          {epochs * kept.samples, epochs * kept.rows, epochs * kept.squares}};
}

BodyWork stated_work(const EvalReport& report) { return {report.batches.size(), report.work}; }

void check_body_work(const BodyWork& stated, const BodyWork& seen, const std::string& id) {
  const Statement s{"the report of " + id};
  s.equal("the body's steps", stated.steps, seen.steps);
  s.equal("the body's samples", stated.work.samples, seen.work.samples);
  s.equal("the body's rows", stated.work.rows, seen.work.rows);
  s.equal("the body's squared rows", stated.work.squares, seen.work.squares);
}

void check_body_ledger(const Ledger& stated, const Ledger& before, Kind kind,
                       const std::vector<BatchShape>& batches, const JobClaims& claims,
                       const std::string& id) {
  const Statement s{"the report of " + id};
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i].group == Group::kSession) continue;
    const Count own = expected_count(kKinds[i].kind, kind, batches, claims);
    const auto check = [&](Count said, const Count& earlier, bool goes) {
      said -= earlier;
      if (said == (goes ? own : Count{})) return;
      s.refuse("states other " + std::string(kKinds[i].name) +
               " bytes on the body link than its batches call for");
    };
    check(stated.sent.by_kind[i], before.sent.by_kind[i], sent_by_client(kKinds[i].kind));
    check(stated.received.by_kind[i], before.received.by_kind[i],
          received_by_client(kKinds[i].kind));
  }
}

}  // namespace cleave
