#include "experiments/bench/step_turns.h"

#include <sstream>

#include "common/cost/trace.h"
#include "common/model/threads.h"
#include "experiments/bench/step_paths.h"
#include "experiments/bench/stopwatch.h"
#include "server/coordinator/run_job.h"
#include "tests/support/live_bytes.h"

namespace cleave {
namespace {

const std::string kTextRows = "text_rows=";

struct Runner {
  Runner(const StepOptions& options, Lane& lane)
      : step(make_standard_step(options)), path(over_links(*step, lane, io, links)) {}

  asio::io_context io{1};
  LinkPair links = make_memory_links(io.get_executor(), "client", "server");
  std::unique_ptr<StandardStep> step;
  std::unique_ptr<StepPath> path;
  nlohmann::json result;
};

std::vector<std::string> words_of(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

WorkTrace work_of(const Batch& batch, std::uint64_t prompt) {
  WorkTrace work;
  for (const Example* example : batch) {
    const std::uint64_t rows = example->ids.size() + prompt;
    work.samples += 1;
    work.rows += rows;
    work.squares += rows * rows;
  }
  return work;
}

// What the closed forms say of the one step.
nlohmann::json closed_form(const StandardStep& step) {
  const JobShape shape = job_shape(step.inputs.parts, step.inputs.job);
  ParticipantTrace participant;
  participant.all = work_of(step.batch, 0);
  participant.kept = work_of(step.batch, shape.prompt_rows);
  participant.steps = {{participant.kept.samples, participant.kept.rows}};
  RoundTrace round;
  round.participants = {participant};
  const Flops work = flops(shape, round);
  const Cost traffic = cost(shape, round);
  return {{"rows", participant.kept.rows},
          {"flops", work.client + work.body},
          {"smashed_bytes", traffic.up.at("smashed").payload},
          {"features_bytes", traffic.down.at("features").payload}};
}

}  // namespace

nlohmann::json time_in_turns(const StepOptions& common, const std::vector<std::string>& jobs,
                             int turns) {
  testing::LiveBytes& bytes = testing::LiveBytes::install();
  Lane lane(1, use_one_blas_thread);
  std::vector<std::unique_ptr<Runner>> runners;
  for (const std::string& job : jobs) {
    StepOptions own = common;
    for (const std::string& word : words_of(job)) {
      if (word.rfind(kTextRows, 0) == 0) {
        own.text_rows = std::stoll(word.substr(kTextRows.size()));
      } else {
        own.settings.push_back(word);
      }
    }
    runners.push_back(std::make_unique<Runner>(own, lane));
    Runner& runner = *runners.back();
    runner.path->run();  // warm up; optimisers make their state
    const std::int64_t before = bytes.live();
    bytes.reset_most();
    runner.path->run();
    runner.result = closed_form(*runner.step);
    runner.result["job"] = job;
    runner.result["peak_tensor_bytes"] = bytes.most() - before;
  }
  for (int turn = 0; turn < turns; ++turn) {
    for (const auto& runner : runners) {
      const Seconds start = now();
      runner->path->run();
      const Seconds taken = since(start);
      runner->result["cpu"].push_back(taken.cpu);
      runner->result["wall"].push_back(taken.wall);
    }
  }
  nlohmann::json out = nlohmann::json::array();
  for (const auto& runner : runners) out.push_back(std::move(runner->result));
  return out;
}

}  // namespace cleave
