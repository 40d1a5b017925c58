// The run directory: what a job leaves behind. Every file but measured.json is identical, bit for
// bit, for equal job, data, build and threads, interrupted and resumed or not.
//
//   job.toml            the resolved job
//   partition.json      index lists (simulation)
//   rounds.jsonl        one line a round: the journal
//   state.safetensors   the last complete round's state; its metadata names the round
//   server_optimizer.safetensors   its memory after that round, where the job has one
//   summary.json        status, accuracies, bytes, work
//   measured.json       what the machine decides: seconds, memory, TLS bytes, versions
//   deployment/         how it was set up (quickstart)
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/config/job.h"
#include "common/tuning/state.h"
#include "server/coordinator/record.h"

namespace cleave {

// How a run was set up may lie in its folder before the run begins.
constexpr const char* kDeploymentFolder = "deployment";

class RunFolder {
 public:
  // A new run. Errors: UsageError when the folder holds anything but a deployment. One process at a
  // time may write.
  static RunFolder create(const std::filesystem::path& path, const Job& job);
  // An earlier run of the same job. Errors: UsageError when there is none or the job differs.
  static RunFolder resume(const std::filesystem::path& path, const Job& job);
  // An existing run, for reading: it may be going on, so nothing is written.
  static RunFolder open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  const std::vector<Json>& rounds() const { return rounds_; }
  std::uint32_t last_round() const;
  // The state after last_round(); nothing before the first.
  std::optional<State> state() const;

  // The server optimiser's memory after last_round(); empty where none was committed.
  // Errors: DataError when it belongs to another round.
  State server_memory() const;

  // What a run begins with, before its first round.
  void write_start(const State& state) const;
  // First the journal line, then the memory aside, then the state: a crash between them loses the
  // round, not what was before it.
  void commit_round(Json line, const State& state, const State& server_memory = {});
  void write_json(const std::string& name, const Json& content) const;
  std::optional<Json> read_json(const std::string& name) const;

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  // Errors: UnavailableError where another process runs the job in it.
  void lock();
  bool load_rounds();
  void drop_later_lines() const;
  void settle_server_memory(std::uint32_t complete) const;

  std::filesystem::path path_;
  std::vector<Json> rounds_;
  std::shared_ptr<const void> lock_;  // held by whoever writes, to the last copy's end
};

// An empty folder "runs/NAME-UTC", where a run goes without --out. Errors: IoError.
std::filesystem::path default_run_path(const std::string& name);

}  // namespace cleave
