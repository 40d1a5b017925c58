#include "cli/compare/trial.h"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "cli/child.h"
#include "common/base/error.h"
#include "common/base/files.h"
#include "server/coordinator/run_folder.h"

namespace cleave {
namespace {

// Runs a program to its end; a signal is passed on and ends this one too.
void run_to_end(const fs::path& program, const std::vector<std::string>& arguments,
                const fs::path& log) {
  asio::io_context io;
  Child child(io.get_executor(), program, arguments, log);
  asio::signal_set signals(io, SIGINT, SIGTERM);
  int signal = 0;
  signals.async_wait([&](const boost::system::error_code& cancelled, int number) {
    if (cancelled) return;
    signal = number;
    child.signal(number);
  });
  Ended ended;
  std::exception_ptr thrown;
  asio::co_spawn(io, child.wait(), [&](std::exception_ptr error, Ended result) {
    thrown = error;
    ended = result;
    signals.cancel();
  });
  io.run();
  if (signal != 0) throw Interrupted(signal);
  if (thrown) std::rethrow_exception(thrown);
  if (ended.code != 0) throw failure(program.filename().string(), child, ended.code);
}

bool is_done(const fs::path& folder) {
  if (!fs::exists(folder / "summary.json")) return false;
  return RunFolder::open(folder).read_json("summary.json").value().at("status") == "done";
}

Trial read_trial(const RunFolder& run) {
  const Json summary = run.read_json("summary.json").value();
  const Json measured = run.read_json("measured.json").value();
  Trial trial;
  if (summary.contains("dev_perplexity_last_five")) {
    trial.score = -summary.at("dev_perplexity_last_five").get<double>();
  } else if (summary.contains("dev_accuracy_last_five")) {
    trial.score = summary.at("dev_accuracy_last_five").get<double>();
  } else {
    throw DataError(run.path().string() +
                    " evaluated nothing: a comparison needs data.dev and eval.every");
  }
  trial.bytes = summary.at("bytes").at("total").get<double>();
  trial.client_flops = summary.at("client_flops").get<double>();
  trial.body_flops = summary.at("body_flops").get<double>();
  trial.client_seconds = measured.at("client_seconds").get<double>();
  trial.server_seconds = measured.at("server_seconds").get<double>();
  trial.seconds = measured.at("wall_seconds").get<double>();
  trial.peak_rss_mb = measured.at("peak_rss_mb").get<int>();
  return trial;
}

}  // namespace

Trial run_trial(const fs::path& program, const fs::path& job,
                const std::vector<std::string>& settings, const fs::path& folder) {
  if (is_done(folder)) return read_trial(RunFolder::resume(folder, load_job(job, settings).job));
  make_folder(folder.parent_path());
  std::vector<std::string> arguments = {"simulate", job.string(), "--out", folder.string()};
  for (const std::string& setting : settings) arguments.insert(arguments.end(), {"--set", setting});
  if (fs::exists(folder / "job.toml")) arguments.emplace_back("--resume");
  run_to_end(program, arguments, folder.string() + ".log");
  return read_trial(RunFolder::open(folder));
}

}  // namespace cleave
