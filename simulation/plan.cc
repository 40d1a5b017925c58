#include "simulation/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "client/pruning.h"
#include "client/selection.h"
#include "client/train_round.h"
#include "common/base/error.h"
#include "common/exchange/kept.h"
#include "server/coordinator/job_shape.h"
#include "server/coordinator/participants.h"

namespace cleave {
namespace {

constexpr long long kMostTexts = 10'000'000;

using Positions = std::vector<std::uint32_t>;

std::uint64_t u(std::int64_t value) { return static_cast<std::uint64_t>(value); }

// One client's samples as the cost sees them.
struct Share {
  std::vector<std::uint64_t> lengths;  // text rows
  std::vector<std::int32_t> labels;
};

WorkTrace work(const std::vector<std::uint64_t>& lengths, std::uint64_t prompt) {
  WorkTrace out;
  for (const std::uint64_t n : lengths) {
    out.samples += 1;
    out.rows += n + prompt;
    out.squares += (n + prompt) * (n + prompt);
  }
  return out;
}

// Batches of `size` over lengths in visiting order.
std::vector<BatchTrace> batches(const std::vector<std::uint64_t>& lengths, std::int64_t size,
                                std::uint64_t prompt) {
  std::vector<BatchTrace> out;
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    if (i % static_cast<std::size_t>(size) == 0) out.emplace_back();
    out.back().samples += 1;
    out.back().rows += lengths[i] + prompt;
  }
  return out;
}

std::vector<std::uint64_t> pick(const std::vector<std::uint64_t>& lengths, const Positions& order) {
  std::vector<std::uint64_t> out;
  for (const std::uint32_t i : order) out.push_back(lengths[i]);
  return out;
}

// How many samples a pruning client keeps: known before training even where which is not.
std::size_t kept_count(const Job& job, const Share& share) {
  const std::vector<double> equal(share.labels.size(), 0.0);
  return keep_by_score(job, equal, share.labels).size();
}

// The participant's trace when exactly the samples `kept` are visited in the job's order.
ParticipantTrace exact_participant(const Job& job, const Share& share, const Positions& kept,
                                   std::uint32_t round, const std::string& client,
                                   std::uint64_t prompt) {
  ParticipantTrace out;
  for (std::int64_t epoch = 0; epoch < job.phases.split_epochs; ++epoch) {
    const Positions order = pass_order(job, kept, "split", round, epoch, client);
    const auto own = batches(pick(share.lengths, order), job.optimizer.batch, prompt);
    out.steps.insert(out.steps.end(), own.begin(), own.end());
  }
  out.all = work(share.lengths, 0);
  out.kept = work(pick(share.lengths, kept), prompt);
  out.kept_listed = prunes(job, round) ? kept.size() : 0;
  return out;
}

// The trace when some `count` samples are kept: the shortest, samples of mean length, the longest.
ParticipantTrace bounded_participant(const Job& job, const Share& share, std::size_t count,
                                     int which, std::uint64_t prompt) {
  std::vector<std::uint64_t> sorted = share.lengths;
  std::sort(sorted.begin(), sorted.end());
  if (which > 0) std::reverse(sorted.begin(), sorted.end());
  if (which == 0) {
    const std::uint64_t sum = std::accumulate(sorted.begin(), sorted.end(), std::uint64_t{0});
    // Means as whole rows, spread so that their sum is the expected sum.
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      sorted[i] = sum * (i + 1) / sorted.size() - sum * i / sorted.size();
    }
  }
  sorted.resize(count);
  ParticipantTrace out;
  for (std::int64_t epoch = 0; epoch < job.phases.split_epochs; ++epoch) {
    const auto own = batches(sorted, job.optimizer.batch, prompt);
    out.steps.insert(out.steps.end(), own.begin(), own.end());
  }
  out.all = work(share.lengths, 0);
  out.kept = work(sorted, prompt);
  out.kept_listed = count;
  out.scored = true;
  return out;
}

std::vector<std::uint64_t> lengths_of(const Dataset& data, const Embedder& embedder) {
  std::vector<std::uint64_t> out;
  for (const Example& example : data.examples) out.push_back(u(embedder.length(example)));
  return out;
}

// Whether which samples a round keeps depends on what the model has learnt.
bool open_choice(const Job& job, std::uint32_t round) {
  return prunes(job, round) && job.phases.score != "random";
}

ParticipantTrace participant(const Job& job, const Share& share, std::uint32_t round,
                             const std::string& client, int which, std::uint64_t prompt) {
  if (open_choice(job, round)) {
    return bounded_participant(job, share, kept_count(job, share), which, prompt);
  }
  Positions kept(share.labels.size());
  std::iota(kept.begin(), kept.end(), 0u);
  if (prunes(job, round)) {
    const auto scores = random_scores(job, share.labels.size(), round, client);
    kept = keep_by_score(job, scores, share.labels);
  }
  return exact_participant(job, share, kept, round, client, prompt);
}

std::map<std::string, Share> by_client(std::vector<Share> shares) {
  std::map<std::string, Share> out;
  for (std::size_t k = 0; k < shares.size(); ++k) {
    out[client_id(k, shares.size())] = std::move(shares[k]);
  }
  return out;
}

// What a job trains on and is judged by.
struct Planned {
  const Job& job;
  std::uint64_t prompt;                 // rows that tuning adds to every sample
  std::map<std::string, Share> shares;  // by client
  // Text rows of each sample; dev data by who evaluates on them.
  std::vector<std::vector<std::uint64_t>> dev;
  std::vector<std::uint64_t> test;
};

// A round with least (-1), expected (0) or most (1) rows where they depend on training.
RoundTrace round_trace(const Planned& planned, std::uint32_t round, int which) {
  const Job& job = planned.job;
  std::vector<std::string> ids;
  for (const auto& [id, share] : planned.shares) ids.push_back(id);
  RoundTrace trace;
  for (const std::string& id : pick_clients(ids, job, round)) {
    trace.participants.push_back(
        participant(job, planned.shares.at(id), round, id, which, planned.prompt));
  }
  const auto evaluation = [&](const std::vector<std::uint64_t>& lengths) {
    if (lengths.empty()) return;
    trace.evaluations.push_back(batches(lengths, job.eval.batch, planned.prompt));
  };
  if (evaluates(job, round)) {
    for (const auto& lengths : planned.dev) evaluation(lengths);
  }
  if (round == job.federation.rounds && job.eval.test) evaluation(planned.test);
  return trace;
}

Plan plan_rounds(const Planned& planned) {
  Plan plan;
  for (std::uint32_t round = 1; round <= planned.job.federation.rounds; ++round) {
    const bool open = open_choice(planned.job, round);
    plan.exact = plan.exact && !open;
    plan.expected.push_back(round_trace(planned, round, 0));
    plan.least.push_back(open ? round_trace(planned, round, -1) : plan.expected.back());
    plan.most.push_back(open ? round_trace(planned, round, 1) : plan.expected.back());
  }
  return plan;
}

// `samples` of `mean` rows each, as whole rows whose sum is the rounded total.
std::vector<Share> equal_shares(const Job& job, std::int64_t samples, double mean) {
  const auto clients = static_cast<std::size_t>(job.federation.clients);
  std::vector<Share> shares(clients);
  std::uint64_t given = 0;
  for (std::int64_t i = 0; i < samples; ++i) {
    const auto until = static_cast<std::uint64_t>(std::llround(mean * static_cast<double>(i + 1)));
    Share& share = shares[static_cast<std::size_t>(i) % clients];
    share.lengths.push_back(until - given);
    share.labels.push_back(0);
    given = until;
  }
  return shares;
}

double fewest_visited(const std::vector<RoundTrace>& rounds) {
  double fewest = rounds.empty() ? 0 : std::numeric_limits<double>::infinity();
  for (const RoundTrace& round : rounds) {
    double visited = 0;
    for (const ParticipantTrace& p : round.participants) {
      visited += static_cast<double>(p.kept.samples);
    }
    fewest = std::min(fewest, visited);
  }
  return fewest;
}

Planned planned_of(const JobInputs& inputs, const Partition& partition,
                   const Partition& evaluators) {
  const Embedder& embedder = *inputs.parts.head.embedder;
  std::vector<Share> shares;
  for (const auto& positions : partition.clients) {
    Share& share = shares.emplace_back();
    for (const std::uint32_t i : positions) {
      share.lengths.push_back(u(embedder.length(inputs.train.examples[i])));
      share.labels.push_back(inputs.train.examples[i].label);
    }
  }
  const std::vector<std::uint64_t> all = lengths_of(inputs.dev, embedder);
  std::vector<std::vector<std::uint64_t>> dev;
  for (const auto& positions : evaluators.clients) dev.push_back(pick(all, positions));
  if (dev.empty()) dev.push_back(all);
  return {inputs.job, u(inputs.parts.form.plan.rows), by_client(std::move(shares)), std::move(dev),
          lengths_of(inputs.test, embedder)};
}

}  // namespace

Plan plan_job(const JobInputs& inputs, const Partition& partition, const Partition& evaluators) {
  return plan_rounds(planned_of(inputs, partition, evaluators));
}

PlannedBill planned_bill(const JobInputs& inputs, const Partition& partition,
                         const Partition& evaluators) {
  const Job& job = inputs.job;
  const JobShape shape = job_shape(inputs.parts, job);
  const Planned planned = planned_of(inputs, partition, evaluators);
  PlannedBill out;
  Cost sum;
  for (std::uint32_t round = 1; round <= job.federation.rounds; ++round) {
    out.exact = out.exact && !open_choice(job, round);
    sum += cost(shape, round_trace(planned, round, 0));
  }
  out.bill = bill_of(shape, sum);
  return out;
}

WorkTrace text_work(const Dataset& data, const Embedder& embedder) {
  return work(lengths_of(data, embedder), 0);
}

Lengths parse_lengths(const std::string& text) {
  Lengths lengths;
  char rest = 0;
  long long max = 0, samples = 0;
  if (std::sscanf(text.c_str(), "%lf:%lld:%lld%c", &lengths.mean, &max, &samples, &rest) != 3 ||
      !(lengths.mean >= 1) || max < lengths.mean || samples < 1 || samples > kMostTexts) {
    throw UsageError(
        "--lengths " + text +
        ": expected MEAN:MAX:N, the mean and the most rows of a text and the number of "
        "texts, up to 10 million, e.g. 23.5:60:6920");
  }
  lengths.max = max;
  lengths.samples = samples;
  return lengths;
}

// The bounds ask which samples a round visits: at least, those with the fewest rows that the rest
// leaves them, none of it above max; at most, the longest, the rest at one row each.
Plan plan_from_lengths(const Job& job, std::uint64_t prompt, const Lengths& lengths) {
  check_participants(job, static_cast<std::size_t>(job.federation.clients));
  const auto expected = [&](double mean) {
    return plan_rounds({job, prompt, by_client(equal_shares(job, lengths.samples, mean)), {}, {}})
        .expected;
  };
  Plan plan;
  plan.exact = false;
  plan.expected = expected(lengths.mean);
  const auto all = static_cast<double>(lengths.samples);
  const double visited = fewest_visited(plan.expected);
  const double rest = all - visited, total = all * lengths.mean;
  const auto max = static_cast<double>(lengths.max);
  if (visited == 0) return {false, plan.expected, plan.expected, plan.expected};
  plan.least = expected(std::max(1.0, (total - rest * max) / visited));
  plan.most = expected(std::min(max, (total - rest) / visited));
  return plan;
}

}  // namespace cleave
