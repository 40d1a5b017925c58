#include "server/coordinator/run_job.h"

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/exchange/job_trainer.h"
#include "common/exchange/kept.h"
#include "server/coordinator/aggregation/registry.h"
#include "server/coordinator/measured.h"
#include "server/coordinator/server_optimizer.h"
#include "server/coordinator/slow_start.h"

namespace cleave {
namespace {

bool may_have_dev(const Job& job) {
  return !job.data.dev.empty() || job.data.held_out > 0 || job.eval.where == "clients";
}

// Says loudly what usually ends in a useless model (spec sfprompt.md 10).
void warn_of_trouble(const Json& line, const std::vector<Json>& earlier, const Job& job) {
  const std::string slow = slow_start(line, earlier, job);
  if (!slow.empty()) log_warn(slow);
  for (const Json& p : line.at("participants")) {
    if (!p.contains("labels")) continue;
    const auto n = p.at("n").get<double>(), kept = p.at("kept").get<double>();
    if (kept == 0 || kept == n) continue;
    double distance = 0;
    for (std::size_t c = 0; c < p.at("labels").size(); ++c) {
      distance += std::abs(p.at("labels")[c].get<double>() / n -
                           p.at("kept_labels")[c].get<double>() / kept);
    }
    if (distance / 2 > 0.2) {
      log_warn("SELECTION SKEW: " + p.at("client").get<std::string>() +
               " keeps labels far from its own mix (total variation " +
               std::to_string(distance / 2).substr(0, 4) +
               "); use phases.selection = \"class\" or a later phases.prune_from_round");
    }
  }
  if (slow.empty() && gives_one_class(line)) {
    log_warn("ONE CLASS PREDICTED on all of dev: the model has collapsed or not begun to learn");
  }
  if (earlier.size() >= 3) {
    const double before = earlier[earlier.size() - 3].at("loss").get<double>();
    const double now = line.at("loss").get<double>();
    if (std::abs(before - now) < 1e-4 * std::abs(before)) {
      log_warn("THE LOSS DOES NOT MOVE over four rounds: check rates, labels and data");
    }
  }
}

asio::awaitable<void> final_test(JobRun& run, std::uint32_t round) {
  RoundRecord record;
  record.round = round;
  const Evaluation test =
      co_await run.federation.evaluate(round, EvalSet::kTest, run.state, record);
  if (test.clients.empty()) co_return;
  RoundRecord only_test;
  only_test.dev = test;
  const Json line = round_json(only_test, {});
  run.summary.test = evaluation_json(test, run.members.label_counts());
  run.summary.test_traffic = traffic_of(line);
  run.summary.test_trace = trace_of(line);
}

// Says how the job averages, and takes up the server optimiser where the last round left it.
void prepare_averaging(JobRun& run) {
  const AggregationRule& rule = aggregation_rule(run.job.federation.aggregation);
  const ServerOptimizer optimizer = server_optimizer(run.job);
  log_info("aggregation " + std::string(rule.name) + ": " + std::string(rule.paper));
  if (optimizer.name != "none") {
    log_info("server optimiser " + optimizer.name + ": " + std::string(paper_of(optimizer)));
  }
  run.server_memory = run.folder.server_memory();
  if (optimizer.name != "none" && run.folder.last_round() > 0 &&
      run.server_memory.tensors.empty()) {
    throw DataError("cannot resume " + run.folder.path().string() +
                    ": server_optimizer.safetensors is gone; start a new run");
  }
}

asio::awaitable<void> run_rounds(JobRun& run) {
  prepare_averaging(run);
  const auto rounds = static_cast<std::uint32_t>(run.job.federation.rounds);
  for (std::uint32_t round = run.folder.last_round() + 1; round <= rounds; ++round) {
    RoundRecord record;
    const Stopwatch watch;
    const State average = co_await run.federation.run_round(round, run.state, record);
    State next = co_await run.federation.step(run.state, average, run.server_memory);
    run.round_seconds.push_back(watch.wall_seconds());
    if (may_have_dev(run.job) && evaluates(run.job, round)) {
      Evaluation dev = co_await run.federation.evaluate(round, EvalSet::kDev, next, record);
      if (!dev.clients.empty()) record.dev = std::move(dev);
    }
    run.state = std::move(next);
    Json line = round_json(record, run.members.label_counts());
    warn_of_trouble(line, run.folder.rounds(), run.job);
    run.folder.commit_round(line, run.state, run.server_memory);
    run.on_round(line);
  }
  if (run.job.eval.test) co_await final_test(run, rounds);
}

}  // namespace

asio::awaitable<std::exception_ptr> run_job(JobRun& run, std::size_t clients) {
  std::exception_ptr failure;
  std::string reason;
  try {
    run.folder.begin(run.state);
    co_await run.members.wait_for_clients(clients);
    if (const std::string& why = run.members.why_abandoned(); !why.empty()) {
      throw UnavailableError(why);
    }
    co_await run_rounds(run);
    co_await run.members.dismiss("the job is done");
  } catch (const std::exception& error) {
    failure = std::current_exception();
    reason = std::string("the job has stopped: ") + error.what();
  }
  if (failure) co_await run.members.abandon(reason);
  co_return failure;
}

std::optional<Json> finished_summary(const RunFolder& folder, const Job& job) {
  if (folder.last_round() != static_cast<std::uint32_t>(job.federation.rounds)) return {};
  std::optional<Json> summary = folder.read_json("summary.json");
  if (!summary || summary->at("status") != "done") return {};
  if (summary->at("rounds") != job.federation.rounds) return {};
  return summary;
}

void warn_of_failure(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    log_warn(error.what());
  }
}

void leave_job(JobRun& run, const std::string& status) {
  warn_of_failure([&] { finish_job(run, status); });
}

Json finish_job(JobRun& run, const std::string& status) {
  run.summary.status = status;
  run.summary.job = &run.job;
  run.summary.shape = run.shape;
  run.summary.rounds = &run.folder.rounds();
  const Json summary = make_summary(run.summary);
  run.folder.write_json("summary.json", summary);
  return summary;
}

}  // namespace cleave
