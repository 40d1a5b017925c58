// cleave compare: several methods on one job, at equal size, with equal search and equal seeds.
#include <fmt/format.h>

#include <algorithm>

#include "cli/command.h"
#include "cli/compare/contender.h"
#include "cli/compare/statistics.h"
#include "cli/compare/trial.h"
#include "common/base/error.h"
#include "common/base/files.h"
#include "common/exchange/parts.h"
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

// Each seed of a comparison is to be another run.
void check_seeds(const Job& job, std::int64_t seeds) {
  const auto& fixed = job.seeds;
  const auto own = {fixed.partition, fixed.sampling, fixed.init, fixed.batches};
  if (seeds == 1 || *std::min_element(own.begin(), own.end()) < 0) return;
  throw UsageError(
      "the job fixes seeds.partition, seeds.sampling, seeds.init and seeds.batches: every seed's "
      "run would be the same; leave at least one of them at -1, e.g. --set seeds.init=-1");
}

class Comparison {
 public:
  explicit Comparison(const CompareOptions& options)
      : options_(options), job_(load_job(options.job, options.settings).job) {
    check_seeds(job_, options.seeds);
  }

  // Every trial in a folder of `out`.
  std::vector<Entry> run(const fs::path& out) {
    out_ = out;
    const Model model = open_model(job_.model.path);
    std::vector<Entry> entries;
    std::int64_t budget = options_.budget;
    for (const std::string& method : names_in(options_.methods)) {
      if (budget == 0) budget = trained_numbers(with_method(job_, method), model.config);
      entries.push_back({sized(job_, model.config, method, budget), 1, {}, {}});
    }
    for (const Entry& entry : entries) check(entry.contender, model);
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
  std::vector<std::string> settings_with(
      std::initializer_list<std::vector<std::string>> lists) const {
    std::vector<std::string> settings = options_.settings;
    for (const auto& list : lists) settings.insert(settings.end(), list.begin(), list.end());
    return settings;
  }

  // What a run would refuse, before the runs of the methods in front of it are made for nothing.
  void check(const Contender& contender, const Model& model) const {
    try {
      const Job job = load_job(options_.job, settings_with({contender.settings})).job;
      make_job_parts(model, job, make_label_map(job, model.config), nullptr, Values::kFormOnly);
    } catch (const DataError& error) {
      throw DataError(contender.method + ": " + error.what());
    }
  }

  Trial trial(const Entry& entry, double rate, const std::vector<std::string>& more,
              const std::string& name) {
    const std::vector<std::string> settings =
        settings_with({entry.contender.settings, rate_settings(job_, rate), more});
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
  const std::optional<Interval> interval = paired_interval(scores, first.scores());
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
          {"interval_95", interval ? Json{interval->low, interval->high} : Json()},
          {"bytes", run.bytes},
          {"client_flops", run.client_flops},
          {"body_flops", run.body_flops},
          {"client_seconds", run.client_seconds},
          {"server_seconds", run.server_seconds},
          {"seconds", run.seconds},
          {"peak_rss_mb", run.peak_rss_mb}};
}

std::string interval_text(const Json& interval) {
  if (interval.is_null()) return "-";
  return fmt::format("[{:+.4f}, {:+.4f}]", interval.at(0).get<double>(),
                     interval.at(1).get<double>());
}

// Bytes, processor time and memory are the first seed's.
void print_table(const Json& table) {
  fmt::print("\n{:<14} {:>9} {:>8} {:>7} {:>8} {:>20} {:>10} {:>9} {:>9} {:>8}\n", "method",
             "trained", "score", "+-", "- first", "95 % of that, by t", "bytes", "client", "server",
             "memory");
  for (const Json& row : table) {
    fmt::print(
        "{:<14} {:>9} {:>8.4f} {:>7.4f} {:>+8.4f} {:>20} {:>10} {:>7.1f} s {:>7.1f} s {:>5} "
        "MB{}\n",
        row.at("method").get<std::string>(), row.at("trained").get<std::int64_t>(),
        row.at("mean").get<double>(), row.at("standard_deviation").get<double>(),
        row.at("minus_first").get<double>(), interval_text(row.at("interval_95")),
        human_bytes(row.at("bytes").get<double>()), row.at("client_seconds").get<double>(),
        row.at("server_seconds").get<double>(), row.at("peak_rss_mb").get<int>(),
        row.at("within_budget").get<bool>() ? "" : "  (not at the budget)");
  }
}

int compare_command(const CompareOptions& options) {
  Comparison comparison(options);
  const fs::path out = options.out.empty() ? default_run_path("compare") : fs::path(options.out);
  const std::vector<Entry> entries = comparison.run(out);
  Json table = Json::array();
  for (const Entry& entry : entries) table.push_back(entry_json(entry, entries.front()));
  fmt::print(
      "\nrates tried for each method, times the job's: {}{}\n"
      "95 %: the paired t interval of the differences over the seeds; one seed has none\n",
      fmt::join(rate_grid(options.quick), ", "),
      options.quick ? "; no search" : "; chosen on a tenth of train");
  print_table(table);
  write_atomically(out / "compare.json",
                   Json{{"job", options.job},
                        {"seeds", options.seeds},
                        {"rate_factors", rate_grid(options.quick)},
                        {"score",
                         "mean of the last five evaluated rounds on dev: accuracy, or minus "
                         "the perplexity of a language model"},
                        {"interval",
                         "interval_95: the paired t interval of minus_first over the seeds; null "
                         "of one seed"},
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
  command
      ->add_option("--seeds", options->seeds,
                   "Runs of each method; default 3; of 1 there is no interval")
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
