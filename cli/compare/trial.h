// One run of a comparison as a process of its own, so that its memory is its own. A run that is
// done is read, one that was cut off is resumed; one of another job is refused.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace cleave {

struct Trial {
  double score = 0;  // mean of the last five evaluated rounds: accuracy, or minus the perplexity
  double bytes = 0;  // training payload
  double client_flops = 0, body_flops = 0;
  double client_seconds = 0, server_seconds = 0;  // processor time
  double seconds = 0;                             // wall
  int peak_rss_mb = 0;
};

// `cleave simulate JOB --set ... --out FOLDER`. Errors: what the run ends with, naming its log;
// UsageError where `folder` holds a run of another job; Interrupted.
Trial run_trial(const std::filesystem::path& program, const std::filesystem::path& job,
                const std::vector<std::string>& settings, const std::filesystem::path& folder);

}  // namespace cleave
