#include "server/coordinator/summary.h"

#include "common/cost/bill.h"

namespace cleave {
namespace {

std::string first_difference(const std::map<std::string, Traffic>& form,
                             const std::map<std::string, Traffic>& ledger, const char* direction) {
  const auto text = [](const Traffic& t) {
    return std::to_string(t.frames) + " frames with " + std::to_string(t.payload) + " bytes";
  };
  std::map<std::string, Traffic> all = form;
  all.insert(ledger.begin(), ledger.end());
  for (const auto& [kind, unused] : all) {
    const auto a = form.find(kind), b = ledger.find(kind);
    const Traffic in_form = a == form.end() ? Traffic{} : a->second;
    const Traffic in_ledger = b == ledger.end() ? Traffic{} : b->second;
    if (!(in_form == in_ledger)) {
      return kind + " " + direction + ": closed form " + text(in_form) + ", ledger " +
             text(in_ledger);
    }
  }
  return {};
}

std::uint64_t evaluation_bytes(const Cost& cost) {
  std::uint64_t sum = 0;
  for (const auto* direction : {&cost.up, &cost.down}) {
    for (const auto& [kind, traffic] : *direction) {
      if (is_evaluation(kind)) sum += traffic.payload;
    }
  }
  return sum;
}

// The mean of a measure over the last (up to) five evaluated rounds.
double last_five(const std::vector<Json>& rounds, const char* measure) {
  double sum = 0;
  int n = 0;
  for (auto line = rounds.rbegin(); line != rounds.rend() && n < 5; ++line) {
    if (!line->contains(measure)) continue;
    sum += line->at(measure).get<double>();
    ++n;
  }
  return n == 0 ? 0 : sum / n;
}

// A report lists what was kept only where the client pruned.
void mark_scored(RoundTrace& trace, const Job& job) {
  for (ParticipantTrace& p : trace.participants) {
    p.scored = p.kept_listed > 0 && job.phases.score != "random";
  }
}

}  // namespace

FormCheck check_closed_form(const JobShape& shape, const RoundTrace& trace, const Cost& ledger) {
  const Cost form = cost(shape, trace);
  if (form == ledger) return {};
  const std::string up = first_difference(form.up, ledger.up, "up");
  return {false, up.empty() ? first_difference(form.down, ledger.down, "down") : up};
}

Json make_summary(const SummaryInput& input) {
  Cost ledger, form;
  Flops work;
  std::string difference;
  const auto account = [&](const RoundTrace& trace, const Cost& traffic, const std::string& what) {
    ledger += traffic;
    form += cost(input.shape, trace);
    const FormCheck check = check_closed_form(input.shape, trace, traffic);
    if (!check.equal && difference.empty()) difference = what + ": " + check.difference;
  };
  for (const Json& line : *input.rounds) {
    const auto round = line.at("round").get<std::uint32_t>();
    RoundTrace trace = trace_of(line);
    mark_scored(trace, *input.job);
    account(trace, traffic_of(line), "round " + std::to_string(round));
    const Flops own = flops(input.shape, trace);
    work.client += own.client;
    work.body += own.body;
  }
  if (input.test_trace) account(*input.test_trace, *input.test_traffic, "test");

  Json bytes = traffic_json(ledger);
  bytes["closed_form"] = training_payload(form.up) + training_payload(form.down);
  bytes["equal_to_closed_form"] = difference.empty();
  if (!difference.empty()) bytes["difference"] = difference;
  bytes["eval"] = evaluation_bytes(ledger);
  const Bill bill = bill_of(input.shape, ledger);
  bytes["sockets"] = {{"training", bill.training}, {"evaluation", bill.evaluation},
                      {"sessions", bill.sessions}, {"up", bill.up},
                      {"down", bill.down},         {"total", bill.total()}};

  Json out = {
      {"status", input.status}, {"seed", input.job->seed}, {"rounds", input.rounds->size()}};
  if (!input.rounds->empty() && input.rounds->back().contains("dev_accuracy")) {
    out["dev_accuracy"] = input.rounds->back().at("dev_accuracy");
    out["dev_accuracy_last_five"] = last_five(*input.rounds, "dev_accuracy");
  }
  if (!input.rounds->empty() && input.rounds->back().contains("dev_perplexity")) {
    out["dev_perplexity"] = input.rounds->back().at("dev_perplexity");
    out["dev_perplexity_last_five"] = last_five(*input.rounds, "dev_perplexity");
  }
  for (const char* measure : {"accuracy", "perplexity"}) {
    if (input.test && input.test->contains(measure)) {
      out["test_" + std::string(measure)] = input.test->at(measure);
    }
  }
  for (const auto& [name, value] : input.controls.items()) out[name] = value;
  out["bytes"] = std::move(bytes);
  out["client_flops"] = work.client;
  out["body_flops"] = work.body;
  if (input.test) out["test"] = *input.test;
  return out;
}

}  // namespace cleave
