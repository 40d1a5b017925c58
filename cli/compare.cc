// cleave compare: several methods on one job, at equal size, with equal search and equal seeds.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/compare/contender.h"
#include "cli/compare/statistics.h"
#include "cli/compare/trial.h"
#include "common/base/error.h"
#include "common/base/files.h"
#include "server/coordinator/run_folder.h"
#include "server/round_table.h"

namespace cleave {
namespace {

struct CompareOptions {
  std::string job, methods, out;
  std::vector<std::string> settings;
  std::int64_t seeds = 3, budget = 0;
  bool quick = false;
};

std::vector<std::string> names_in(const std::string& list) {
  std::vector<std::string> names;
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    names.push_back(list.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

// A method's trials: the search on held-out training data, and the runs that are reported.
struct Entry {
  Contender contender;
  double rate = 1;
  std::vector<double> held_out;  // of each rate in the grid
  std::vector<Trial> runs;       // of each seed

  std::vector<double> scores() const {
    std::vector<double> out;
    for (const Trial& run : runs) out.push_back(run.score);
    return out;
  }
};

class Comparison {
 public:
  Comparison(const CompareOptions& options, fs::path out)
      : options_(options),
        job_(load_job(options.job, options.settings).job),
        out_(std::move(out)) {}

  std::vector<Entry> run() {
    const ModelConfig config = load_model_config(job_.model.path);
    std::vector<Entry> entries;
    std::int64_t budget = options_.budget;
    for (const std::string& method : names_in(options_.methods)) {
      if (budget == 0) budget = trained_numbers(with_method(job_, method), config);
      entries.push_back({sized(job_, config, method, budget), 1, {}, {}});
    }
    for (Entry& entry : entries) search(entry);
    for (Entry& entry : entries) {
      for (std::int64_t seed = 1; seed <= options_.seeds; ++seed) {
        const std::string name = fmt::format("{}-seed{}", entry.contender.method, seed);
        entry.runs.push_back(trial(entry, entry.rate, {fmt::format("seed={}", seed)}, name));
      }
    }
    return entries;
  }

 private:
  Trial trial(const Entry& entry, double rate, std::vector<std::string> more,
              const std::string& name) {
    std::vector<std::string> settings = options_.settings;
    const auto add = [&](const std::vector<std::string>& list) {
      settings.insert(settings.end(), list.begin(), list.end());
    };
    add(entry.contender.settings);
    add(rate_settings(job_, rate));
    add(more);
    const Trial done =
        run_trial(fs::read_symlink("/proc/self/exe"), options_.job, settings, out_ / "runs" / name);
    fmt::print("{:<28} {:.4f}  {}, {:.0f} s\n", name, done.score, human_bytes(done.bytes),
               done.seconds);
    std::fflush(stdout);
    return done;
  }

  void search(Entry& entry) {
    const std::vector<double> grid = rate_grid(options_.quick);
    if (grid.size() == 1) return;
    double best = -std::numeric_limits<double>::infinity();
    for (const double rate : grid) {
      const std::string name = fmt::format("{}-rate{}", entry.contender.method, rate);
      const double score = trial(entry, rate, {"data.held_out=0.1"}, name).score;
      entry.held_out.push_back(score);
      if (score <= best) continue;
      best = score;
      entry.rate = rate;
    }
  }

  const CompareOptions& options_;
  Job job_;
  fs::path out_;
};

Json entry_json(const Entry& entry, const Entry& first) {
  const std::vector<double> scores = entry.scores();
  const Interval interval = paired_interval(scores, first.scores());
  const Trial& run = entry.runs.front();
  return {{"method", entry.contender.method},
          {"settings", entry.contender.settings},
          {"trained", entry.contender.numbers},
          {"within_budget", entry.contender.within_budget},
          {"held_out", entry.held_out},
          {"rate_factor", entry.rate},
          {"scores", scores},
          {"mean", mean_of(scores)},
          {"standard_deviation", deviation_of(scores)},
          {"minus_first", mean_of(scores) - mean_of(first.scores())},
          {"interval_95", {interval.low, interval.high}},
          {"bytes", run.bytes},
          {"client_flops", run.client_flops},
          {"body_flops", run.body_flops},
          {"client_seconds", run.client_seconds},
          {"server_seconds", run.server_seconds},
          {"seconds", run.seconds},
          {"peak_rss_mb", run.peak_rss_mb}};
}

// Bytes, processor time and memory are the first seed's.
void print_table(const Json& table) {
  fmt::print("\n{:<14} {:>9} {:>8} {:>7} {:>8} {:>20} {:>10} {:>9} {:>9} {:>8}\n", "method",
             "trained", "score", "+-", "- first", "95 % of that", "bytes", "client", "server",
             "memory");
  for (const Json& row : table) {
    fmt::print(
        "{:<14} {:>9} {:>8.4f} {:>7.4f} {:>+8.4f} {:>20} {:>10} {:>7.1f} s {:>7.1f} s {:>5} "
        "MB{}\n",
        row.at("method").get<std::string>(), row.at("trained").get<std::int64_t>(),
        row.at("mean").get<double>(), row.at("standard_deviation").get<double>(),
        row.at("minus_first").get<double>(),
        fmt::format("[{:+.4f}, {:+.4f}]", row.at("interval_95").at(0).get<double>(),
                    row.at("interval_95").at(1).get<double>()),
        human_bytes(row.at("bytes").get<double>()), row.at("client_seconds").get<double>(),
        row.at("server_seconds").get<double>(), row.at("peak_rss_mb").get<int>(),
        row.at("within_budget").get<bool>() ? "" : "  (not at the budget)");
  }
}

int compare_command(const CompareOptions& options) {
  const fs::path out = options.out.empty() ? default_run_path("compare") : fs::path(options.out);
  const std::vector<Entry> entries = Comparison(options, out).run();
  Json table = Json::array();
  for (const Entry& entry : entries) table.push_back(entry_json(entry, entries.front()));
  fmt::print("\nrates tried for each method, times the job's: {}; chosen on a tenth of train\n",
             fmt::join(rate_grid(options.quick), ", "));
  print_table(table);
  write_atomically(out / "compare.json",
                   Json{{"job", options.job},
                        {"seeds", options.seeds},
                        {"rate_factors", rate_grid(options.quick)},
                        {"score",
                         "mean of the last five evaluated rounds on dev: accuracy, or minus "
                         "the perplexity of a language model"},
                        {"methods", table}}
                           .dump(1) +
                       "\n");
  fmt::print("{}\n", out.string());
  return 0;
}

}  // namespace

void add_compare(CLI::App& app, Run& run) {
  auto options = std::make_shared<CompareOptions>();
  CLI::App* command = app.add_subcommand(
      "compare", "Run several methods on one job at equal size, search and seeds");
  command->add_option("job", options->job, "The job file")->required();
  command
      ->add_option("--methods", options->methods,
                   "Names of docs/methods.md with commas between; NAME@ROWS fixes the rows")
      ->required();
  command->add_option("--set", options->settings, "key=value, over the job file; may be repeated")
      ->allow_extra_args(false);
  command->add_option("--seeds", options->seeds, "Runs of each method; default 3")
      ->check(CLI::Range(1, 1000));
  command
      ->add_option("--budget", options->budget,
                   "Values to train beside the tail; default: the first method's")
      ->check(CLI::PositiveNumber);
  command->add_option("--out", options->out, "A directory; what is there is continued");
  command->add_flag("--quick", options->quick, "The job's own rates, without a search");
  command->footer(
      "Example:\n  cleave compare job.toml --methods prompt,dept,lora\n"
      "Every method has the same trials: three rates on a tenth of train that is held out.");
  command->callback([=, &run] { run = [=] { return compare_command(*options); }; });
}

}  // namespace cleave
