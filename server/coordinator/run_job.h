// A job from its first (or next) round to its summary: the loop that both the simulator and the
// deployed coordinator run.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "common/model/model_config.h"
#include "server/coordinator/federation.h"
#include "server/coordinator/job_shape.h"
#include "server/coordinator/run_folder.h"
#include "server/coordinator/summary.h"

namespace cleave {

struct JobRun {
  const Job& job;
  Members& members;
  Federation& federation;
  RunFolder& folder;
  State state;  // round 0's, or the last complete round's
  JobShape shape;
  std::function<void(const Json& line)> on_round = [](const Json&) {};  // once it is committed
  SummaryInput summary{};                                               // filled as the job goes on
  std::vector<double> round_seconds{};  // each round's training: no journal, no evaluation
  State server_memory{};                // the server optimiser's, after last round
};

// Waits for `clients`, runs the rounds that are left and the final evaluation, and says goodbye to
// all. What is complete stays complete: the folder holds every finished round whatever goes wrong.
// Returns what went wrong, after the members were told; null when nothing did.
asio::awaitable<std::exception_ptr> run_job(JobRun& run, std::size_t clients);

// Writes summary.json with `status` and returns it.
Json finish_job(JobRun& run, const std::string& status);

// What is still to be done after a failure: its own failure is a warning, so that the first one is
// what ends the program.
void warn_of_failure(const std::function<void()>& act);

// finish_job of a job that failed or was interrupted.
void leave_job(JobRun& run, const std::string& status);

// The summary of a run to which nothing is left to do; none otherwise. Errors: DataError.
std::optional<Json> finished_summary(const RunFolder& folder, const Job& job);

}  // namespace cleave
