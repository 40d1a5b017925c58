#include "server/coordinator/record.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "server/coordinator/metrics.h"

namespace cleave {
namespace {

using LabelCounts = std::map<std::string, std::vector<std::uint64_t>>;

double ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

Json batches_json(const std::vector<BatchShape>& batches) {
  Json out = Json::array();
  for (const BatchShape& batch : batches) out.push_back({batch.samples, batch.rows});
  return out;
}

Json work_json(const Work& work) { return {work.samples, work.rows, work.squares}; }

std::uint64_t sum_of(const std::vector<BatchShape>& batches) {
  std::uint64_t samples = 0;
  for (const BatchShape& batch : batches) samples += batch.samples;
  return samples;
}

Json participant_json(const Participant& p, const LabelCounts& label_counts) {
  const Report& r = p.report;
  Json out = {{"client", p.client}, {"n", r.all.samples}, {"kept", r.kept.samples}};
  if (const auto found = label_counts.find(p.client); found != label_counts.end()) {
    out["labels"] = found->second;
  }
  out["kept_labels"] = r.kept_counts;
  out["loss"] = r.loss_mean;
  out["loss_first"] = r.loss_first;
  out["bypass_loss"] = r.bypass_loss;
  out["local_accuracy"] = ratio(r.correct, sum_of(r.batches));
  out["predicted"] = r.predicted_counts;
  out["work"] = {{"all", work_json(r.all)}, {"kept", work_json(r.kept)}};
  out["batches"] = batches_json(r.batches);
  out["kept_ids"] = r.kept_ids;
  return out;
}

// The counts of a ledger's training and evaluation kinds, by name.
void add_traffic(Cost& cost, const Ledger& ledger) {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i].group == Group::kSession) continue;
    const auto add = [&](auto& direction, const Count& count) {
      if (count.frames == 0) return;
      Traffic& traffic = direction[std::string(kKinds[i].name)];
      traffic.frames += count.frames;
      traffic.payload += count.payload;
    };
    add(cost.up, ledger.sent.by_kind[i]);
    add(cost.down, ledger.received.by_kind[i]);
  }
}

Json direction_json(const std::map<std::string, Traffic>& direction) {
  Json out = Json::object();
  for (const auto& [kind, traffic] : direction) out[kind] = {traffic.frames, traffic.payload};
  return out;
}

std::map<std::string, Traffic> direction_of(const Json& json) {
  std::map<std::string, Traffic> out;
  for (const auto& [kind, pair] : json.items()) {
    out[kind] = {pair.at(0).get<std::uint64_t>(), pair.at(1).get<std::uint64_t>()};
  }
  return out;
}

std::vector<BatchTrace> batches_of(const Json& json) {
  std::vector<BatchTrace> out;
  for (const Json& pair : json) {
    out.push_back({pair.at(0).get<std::uint64_t>(), pair.at(1).get<std::uint64_t>()});
  }
  return out;
}

WorkTrace work_of(const Json& json) {
  return {json.at(0).get<std::uint64_t>(), json.at(1).get<std::uint64_t>(),
          json.at(2).get<std::uint64_t>()};
}

// Each client's accuracy. Where one evaluator stands for all, a client's is the mean of the
// evaluator's recalls weighted by that client's own label distribution.
std::vector<double> client_accuracies(const Evaluation& evaluation,
                                      const LabelCounts& label_counts) {
  std::vector<double> out;
  const bool for_all = evaluation.clients.size() == 1 && !label_counts.empty() &&
                       label_counts.count(evaluation.clients[0].client) == 0;
  if (!for_all) {
    for (const auto& client : evaluation.clients) {
      out.push_back(accuracy({client.report.confusion}));
    }
    return out;
  }
  const std::vector<double> recall = recalls({evaluation.clients[0].report.confusion});
  for (const auto& [client, counts] : label_counts) {
    double right = 0, all = 0;
    for (std::size_t c = 0; c < counts.size(); ++c) {
      right += static_cast<double>(counts[c]) * recall[c];
      all += static_cast<double>(counts[c]);
    }
    if (all > 0) out.push_back(right / all);
  }
  return out;
}

}  // namespace

Json traffic_json(const Cost& cost) {
  return {{"up", training_payload(cost.up)},
          {"down", training_payload(cost.down)},
          {"total", training_payload(cost.up) + training_payload(cost.down)},
          {"frames", training_frame_bytes(cost.up) + training_frame_bytes(cost.down)},
          {"by_kind", {{"up", direction_json(cost.up)}, {"down", direction_json(cost.down)}}}};
}

namespace {

Json evaluators_json(const Evaluation& evaluation) {
  Json out = Json::array();
  for (const auto& client : evaluation.clients) {
    out.push_back({{"client", client.client}, {"batches", batches_json(client.report.batches)}});
  }
  return out;
}

Json language_json(const Evaluation& evaluation) {
  double nll = 0;
  std::uint64_t samples = 0;
  for (const auto& client : evaluation.clients) {
    nll += client.report.nll_sum;
    samples += client.report.work.samples;
  }
  const double mean = *evaluation.tokens == 0 ? 0 : nll / static_cast<double>(*evaluation.tokens);
  return {{"n", samples},
          {"tokens", *evaluation.tokens},
          {"nll", mean},
          // JSON has no infinity.
          {"perplexity", std::min(std::exp(mean), std::numeric_limits<double>::max())},
          {"evaluators", evaluators_json(evaluation)}};
}

}  // namespace

std::uint64_t predicted_tokens(const Work& work, const RowsPlan& plan) {
  return work.rows - work.samples * static_cast<std::uint64_t>(plan.rows + 1);
}

Json evaluation_json(const Evaluation& evaluation, const LabelCounts& label_counts) {
  if (evaluation.tokens) return language_json(evaluation);
  std::vector<std::uint64_t> confusion;
  double nll = 0;
  for (const auto& client : evaluation.clients) {
    const auto& own = client.report.confusion;
    if (confusion.empty()) confusion.assign(own.size(), 0);
    for (std::size_t i = 0; i < own.size(); ++i) confusion[i] += own[i];
    nll += client.report.nll_sum;
  }
  const Confusion sum{confusion};
  const Spread spread = spread_of(client_accuracies(evaluation, label_counts));
  return {{"n", sum.total()},
          {"accuracy", accuracy(sum)},
          {"macro_f1", macro_f1(sum)},
          {"nll", sum.total() == 0 ? 0.0 : nll / static_cast<double>(sum.total())},
          {"predicted", predicted_counts(sum)},
          {"confusion", confusion},
          {"clients",
           {{"mean", spread.mean}, {"worst", spread.worst}, {"p10", spread.tenth_percentile}}},
          {"evaluators", evaluators_json(evaluation)}};
}

Json round_json(const RoundRecord& record, const LabelCounts& label_counts) {
  double loss = 0;
  std::uint64_t kept = 0, samples = 0;
  Cost traffic;
  Json participants = Json::array();
  for (const Participant& p : record.participants) {
    loss += p.report.loss_mean * static_cast<double>(p.report.kept.samples);
    kept += p.report.kept.samples;
    samples += p.report.all.samples;
    add_traffic(traffic, p.traffic);
    participants.push_back(participant_json(p, label_counts));
  }
  Json lost = Json::array();
  for (const LostClient& l : record.lost)
    lost.push_back({{"client", l.client}, {"reason", l.reason}});
  if (record.dev) {
    for (const auto& client : record.dev->clients) add_traffic(traffic, client.traffic);
  }
  Json line = {{"round", record.round},
               {"loss", kept == 0 ? 0.0 : loss / static_cast<double>(kept)},
               {"samples", samples},
               {"kept", kept},
               {"bytes", traffic_json(traffic)}};
  if (record.dev) {
    const Json dev = evaluation_json(*record.dev, label_counts);
    for (const char* measure : {"accuracy", "macro_f1", "perplexity"}) {
      if (dev.contains(measure)) line["dev_" + std::string(measure)] = dev.at(measure);
    }
    line["dev_nll"] = dev.at("nll");
    line["dev"] = dev;
  }
  line["participants"] = std::move(participants);
  line["lost"] = std::move(lost);
  for (const ShortenedUpdate& s : record.shortened) {
    line["shortened"].push_back({{"client", s.client}, {"norm", s.norm}, {"bound", s.bound}});
  }
  return line;
}

Cost traffic_of(const Json& line) {
  const Json& by_kind = line.at("bytes").at("by_kind");
  return {direction_of(by_kind.at("up")), direction_of(by_kind.at("down"))};
}

RoundTrace trace_of(const Json& line) {
  RoundTrace trace;
  for (const Json& p : line.at("participants")) {
    ParticipantTrace participant;
    participant.steps = batches_of(p.at("batches"));
    participant.kept_listed = p.at("kept_ids").size();
    participant.all = work_of(p.at("work").at("all"));
    participant.kept = work_of(p.at("work").at("kept"));
    trace.participants.push_back(std::move(participant));
  }
  if (line.contains("dev")) {
    for (const Json& evaluator : line.at("dev").at("evaluators")) {
      trace.evaluations.push_back(batches_of(evaluator.at("batches")));
    }
  }
  return trace;
}

}  // namespace cleave
