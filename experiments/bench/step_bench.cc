// Times the standard step: `split` compares a step's ways within one process, `turns` the steps of
// several jobs; `serve` takes one step per line on stdin, for compare_step, which runs it in turns
// with other implementations.
#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/revision.h"
#include "common/model/threads.h"
#include "common/program/program.h"
#include "experiments/bench/step_paths.h"
#include "experiments/bench/step_turns.h"
#include "experiments/bench/stopwatch.h"
#include "server/coordinator/measured.h"

namespace cleave {
namespace {

struct Options {
  StepOptions step;
  std::string write_step;
  std::vector<std::string> jobs;
  int rounds = 30;
};

Json about(const Options& options) {
  return {{"precision", options.step.precision},
          {"threads", 1},
          {"blas", blas_description()},
          {"revision", kRevision}};
}

struct Timed {
  Json losses = Json::array(), wall = Json::array(), cpu = Json::array();

  void add(StepPath& path) {
    const Seconds start = now();
    const StepOutcome outcome = path.run();
    const Seconds taken = since(start);
    losses.push_back(outcome.loss);
    wall.push_back(taken.wall);
    cpu.push_back(taken.cpu);
  }
  Json json() const { return {{"wall", wall}, {"cpu", cpu}}; }
};

// The three ways in turns, so that whatever else the machine does meets all of them alike.
int split(const Options& options) {
  const auto step = make_standard_step(options.step);
  asio::io_context memory_io{1}, tls_io{1};
  Lane lane(1, use_one_blas_thread);
  LinkPair memory_links = make_memory_links(memory_io.get_executor(), "client", "server");
  testing::TlsPair tls(tls_io);
  const auto alone = compute_alone(*step, lane);
  const auto memory = over_links(*step, lane, memory_io, memory_links);
  const auto loopback = over_links(*step, lane, tls_io, tls.links);

  for (StepPath* path : {alone.get(), memory.get(), loopback.get()}) path->run();  // warm up
  Timed alone_times, memory_times, tls_times;
  for (int i = 0; i < options.rounds; ++i) {
    alone_times.add(*alone);
    memory_times.add(*memory);
    tls_times.add(*loopback);
  }
  if (alone_times.losses != memory_times.losses || alone_times.losses != tls_times.losses) {
    throw DataError("the losses differ between the ways: the split is not the whole");
  }
  Json result = about(options);
  result["alone"] = alone_times.json();
  result["memory"] = memory_times.json();
  result["tls"] = tls_times.json();
  result["losses"] = alone_times.losses;
  result["peak_rss_mb"] = peak_rss_mb();
  fmt::print("{}\n", result.dump());
  return 0;
}

int turns(const Options& options) {
  Json result = about(options);
  result["text_rows"] = options.step.text_rows;
  result["jobs"] = time_in_turns(options.step, options.jobs, options.rounds);
  fmt::print("{}\n", result.dump());
  return 0;
}

int serve(const Options& options) {
  const auto step = make_standard_step(options.step);
  if (!options.write_step.empty()) write_step(*step, options.write_step);
  asio::io_context io{1};
  Lane lane(1, use_one_blas_thread);
  LinkPair links = make_memory_links(io.get_executor(), "client", "server");
  const auto path = over_links(*step, lane, io, links);
  std::cout << about(options).dump() << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    const Seconds start = now();
    const StepOutcome outcome = path->run();
    const Seconds taken = since(start);
    const Json answer = {{"loss", outcome.loss},
                         {"wall", taken.wall},
                         {"cpu", taken.cpu},
                         {"peak_rss_mb", peak_rss_mb()}};
    std::cout << answer.dump() << std::endl;
  }
  return 0;
}

}  // namespace
}  // namespace cleave

int main(int argc, char** argv) {
  using namespace cleave;
  CLI::App app("Times one split step of MiniLM on 32 sentences.", "step_bench");
  app.require_subcommand(1);
  Options options;
  const auto common = [&](CLI::App* command) {
    command->add_option("--model", options.step.model, "models/minilm")->required();
    command->add_option("--data", options.step.data, "A TSV of sentence and label")->required();
    command->add_option("--precision", options.step.precision, "Of the frozen compute")
        ->check(CLI::IsMember({"fp32", "bf16"}));
    return command;
  };
  const CLI::App* const ways = common(
      app.add_subcommand("split", "Compute alone, memory link and TLS in turns; prints JSON"));
  app.get_subcommand("split")->add_option("--rounds", options.rounds, "Turns");
  app.get_subcommand("split")
      ->add_option("--set", options.step.settings, "key=value, over the standard step's job")
      ->allow_extra_args(false);
  CLI::App* const jobs = common(
      app.add_subcommand("turns", "Steps of several jobs in turns over memory links; prints JSON"));
  jobs->add_option("--job", options.jobs, "Settings with spaces between, or text_rows=N; repeat it")
      ->required()
      ->allow_extra_args(false);
  jobs->add_option("--text-rows", options.step.text_rows, "Rows of every text; 0: as they are")
      ->check(CLI::Range(0, 512));
  jobs->add_option("--rounds", options.rounds, "Turns");
  common(app.add_subcommand("serve", "One step per line on stdin; answers in JSON"))
      ->add_option("--write-step", options.write_step, "Write batch and state to this file");
  return run_program(app, argc, argv, [&] {
    if (ways->parsed()) return split(options);
    return jobs->parsed() ? turns(options) : serve(options);
  });
}
