// The run directory: what a job leaves behind. Every file but measured.json is identical, bit for
// bit, for equal job, data, build and threads, interrupted and resumed or not.
//
// What is read back carries a checksum (base/seal.h): a flipped bit, a line or a file that is gone
// is refused by name. What a kill or a crash leaves is no damage.
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
#include "server/coordinator/journal.h"
#include "server/coordinator/record.h"

namespace cleave {

// How a run was set up may lie in its folder before the run begins.
constexpr const char* kDeploymentFolder = "deployment";

class RunFolder {
 public:
  // A new run. Errors: UsageError when the folder holds anything but a deployment. One process at a
  // time may write.
  static RunFolder create(const std::filesystem::path& path, const Job& job);
  // An earlier run of the same job, or of one with fewer rounds where more give the same as having
  // had them from the start. Nothing is written where nothing is to be mended.
  // Errors: UsageError when there is none or the job differs; DataError where a file is damaged.
  static RunFolder resume(const std::filesystem::path& path, const Job& job);
  // An existing run, for reading: it may be going on, so nothing is written.
  static RunFolder open(const std::filesystem::path& path);

  const std::filesystem::path& path() const { return path_; }
  const std::vector<Json>& rounds() const { return rounds_; }
  std::uint32_t last_round() const;
  // The state after last_round(), or an adapter's that was imported; nothing before.
  std::optional<State> state() const;

  // The server optimiser's memory after last_round(); empty where none was committed.
  // Errors: DataError when it belongs to another round.
  State server_memory() const;

  // An adapter's state, for a run without rounds.
  void write_start(const State& state) const;
  // The job's own state before its first round, where none is there yet: from then on a missing
  // state is a removed one.
  void begin(const State& state) const;
  // First the journal line, then the memory aside, then the state: a crash between them loses the
  // round, not what was before it. What it returned from is there after any crash.
  void commit_round(Json line, const State& state, const State& server_memory = {});
  // Sealed by a last key "sha256", which read_json checks and takes out.
  void write_json(const std::string& name, const Json& content) const;
  std::optional<Json> read_json(const std::string& name) const;

 private:
  explicit RunFolder(std::filesystem::path path) : path_(std::move(path)) {}
  // Errors: UnavailableError where another process runs the job in it.
  void lock();
  Journal load_rounds(Later later);
  void refuse_lost_state() const;
  void settle_server_memory(std::uint32_t complete) const;

  std::filesystem::path path_;
  std::vector<Json> rounds_;
  std::string digest_ = journal_start();  // of the last of them
  std::shared_ptr<const void> lock_;      // held by whoever writes, to the last copy's end
};

// An empty folder "runs/NAME-UTC", where a run goes without --out. Errors: IoError.
std::filesystem::path default_run_path(const std::string& name);

}  // namespace cleave
