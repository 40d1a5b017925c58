#include "server/coordinator/run_folder.h"

#include <algorithm>
#include <ctime>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/config/sealed_job.h"
#include "server/coordinator/continuation.h"
#include "server/coordinator/sealed_json.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxJson = std::uint64_t{4} << 30;
constexpr const char* kServerMemory = "server_optimizer.safetensors";
// Written, and waiting for the state of its round.
constexpr const char* kNextServerMemory = "server_optimizer.next.safetensors";

constexpr const char* kJob = "job.toml";
constexpr const char* kState = "state.safetensors";
constexpr const char* kRounds = "rounds.jsonl";

// In the metadata of the two.
constexpr const char* kRound = "round";
constexpr const char* kJournal = "journal";
constexpr const char* kUntrained = "untrained";

std::uint32_t round_of(const SavedState& saved, const fs::path& path) {
  const auto found = saved.metadata.find(kRound);
  if (found == saved.metadata.end() || found->second.empty() || found->second.size() > 9 ||
      found->second.find_first_not_of("0123456789") != std::string::npos) {
    throw DataError(path.string() + " does not say which round it belongs to");
  }
  return static_cast<std::uint32_t>(std::stoul(found->second));
}

void check_same_run(bool same, const fs::path& path) {
  if (same) return;
  throw DataError(
      path.string() +
      " does not belong to the rounds.jsonl beside it: one of the two is another run's; "
      "restore both, or run the job anew");
}

bool is_untrained(const SavedState& saved) { return saved.metadata.contains(kUntrained); }

bool is_free(const fs::path& path) {
  if (!fs::exists(path)) return true;
  if (!fs::is_directory(path)) return false;
  const fs::directory_iterator entries(path);
  return std::all_of(begin(entries), end(entries), [](const fs::directory_entry& entry) {
    return entry.path().filename() == kDeploymentFolder || is_temporary(entry.path());
  });
}

}  // namespace

void RunFolder::lock() {
  lock_ = lock_folder(path_);
  if (lock_) return;
  throw UnavailableError("another process runs the job in " + path_.string() +
                         "; wait for its end, or choose another --out");
}

RunFolder RunFolder::create(const fs::path& path, const Job& job) {
  if (!fs::exists(path)) make_folder(path);
  RunFolder folder(path);
  if (fs::is_directory(path)) folder.lock();
  if (!is_free(path)) {
    throw UsageError(
        path.string() +
        " is not empty; choose another --out, or continue the run in it with --resume");
  }
  remove_temporaries(path);
  write_atomically(path / kJob, sealed_job_toml(job));
  return folder;
}

RunFolder RunFolder::resume(const fs::path& path, const Job& job) {
  const fs::path file = path / kJob;
  if (!fs::exists(file)) {
    throw UsageError("nothing to resume: " + path.string() + " holds no run");
  }
  RunFolder folder(path);
  folder.lock();
  const Job written = load_sealed_job(file).job;
  const Journal journal = folder.load_rounds(Later::kOneRound);
  // Both through the same reader: an empty or relative path then means the same.
  const Job wanted =
      parse_job(job_toml(job), file.string(), fs::absolute(file).parent_path(), {}).job;
  const bool more = extends(written, wanted, folder.rounds_, path);
  remove_temporaries(path);
  if (!journal.ends_there) cut_file(path / kRounds, journal.bytes);
  folder.settle_server_memory(folder.last_round());
  if (more) write_atomically(file, sealed_job_toml(job));
  return folder;
}

RunFolder RunFolder::open(const fs::path& path) {
  if (!fs::exists(path / kJob)) {
    throw UsageError(path.string() + " is not a run directory: it has no job.toml");
  }
  load_sealed_job(path / kJob);
  RunFolder folder(path);
  folder.load_rounds(Later::kAnything);
  return folder;
}

std::uint32_t RunFolder::last_round() const {
  return rounds_.empty() ? 0 : rounds_.back().at("round").get<std::uint32_t>();
}

std::optional<State> RunFolder::state() const {
  const fs::path path = path_ / kState;
  if (!fs::exists(path)) return std::nullopt;
  SavedState saved = load_sealed_state(path);
  if (is_untrained(saved)) return std::nullopt;
  return std::move(saved.state);
}

// Before its first round a run has no state and nothing that comes later.
void RunFolder::refuse_lost_state() const {
  const std::optional<Json> summary = read_json("summary.json");
  const bool has_rounds = summary && summary->value("rounds", 0) > 0;
  for (const char* name : {kRounds, kServerMemory, "summary.json"}) {
    if (!fs::exists(path_ / name) || (name == std::string("summary.json") && !has_rounds)) continue;
    throw DataError((path_ / kState).string() + " is missing, but " + name +
                    " is there: put the last round's state back, or run the job anew");
  }
}

// The journal up to the round that the state belongs to. Later lines are of a round whose state is
// not written yet, or never was.
Journal RunFolder::load_rounds(Later later) {
  const fs::path path = path_ / kState;
  if (!fs::exists(path)) {
    refuse_lost_state();
    return {};
  }
  const SavedState saved = load_sealed_state(path);
  Journal journal = read_journal(path_ / kRounds, round_of(saved, path), later);
  check_same_run(journal.lines.empty() || journal.state == saved.checksum, path);
  rounds_ = journal.lines;
  digest_ = journal.digest;
  return journal;
}

// A waiting memory takes its place if its state was written, and goes if not.
void RunFolder::settle_server_memory(std::uint32_t complete) const {
  const fs::path next = path_ / kNextServerMemory;
  if (!fs::exists(next)) return;
  if (round_of(load_sealed_state(next), next) == complete) {
    return rename_file(next, path_ / kServerMemory);
  }
  std::error_code failed;
  fs::remove(next, failed);
  if (failed) throw IoError("cannot remove " + next.string() + ": " + failed.message());
}

State RunFolder::server_memory() const {
  const fs::path path = path_ / kServerMemory;
  if (!fs::exists(path)) return {};
  SavedState saved = load_sealed_state(path);
  const std::uint32_t round = round_of(saved, path);
  if (round != last_round()) {
    throw DataError(path.string() + " belongs to round " + std::to_string(round) +
                    ", the state to round " + std::to_string(last_round()));
  }
  // The digest of the journal up to its round.
  const auto journal = saved.metadata.find(kJournal);
  check_same_run(journal != saved.metadata.end() && journal->second == digest_, path);
  return std::move(saved.state);
}

void RunFolder::write_start(const State& state) const {
  CLEAVE_CHECK(rounds_.empty());
  save_state(path_ / kState, state, {{kRound, "0"}});
}

void RunFolder::begin(const State& state) const {
  if (fs::exists(path_ / kState)) return;
  save_state(path_ / kState, state, {{kRound, "0"}, {kUntrained, "yes"}});
}

void RunFolder::commit_round(Json line, const State& state, const State& server_memory) {
  const auto round = line.at("round").get<std::uint32_t>();
  const std::string number = std::to_string(round);
  const std::string file = state_file(state, {{kRound, number}});
  std::string digest = digest_;
  append_line(path_ / kRounds, sealed_line(line, checksum_of(file), digest));
  if (!server_memory.tensors.empty()) {
    save_state(path_ / kNextServerMemory, server_memory, {{kRound, number}, {kJournal, digest}});
  }
  write_atomically(path_ / kState, file);
  settle_server_memory(round);
  digest_ = digest;
  rounds_.push_back(std::move(line));
}

void RunFolder::write_json(const std::string& name, const Json& content) const {
  write_atomically(path_ / name, sealed_json(content, 2) + '\n');
}

std::optional<Json> RunFolder::read_json(const std::string& name) const {
  const fs::path path = path_ / name;
  if (!fs::exists(path)) return std::nullopt;
  std::string text = read_file(path, kMaxJson);
  const bool has_end = text.ends_with('\n');
  if (has_end) text.pop_back();
  if (!has_end || !seal_of(text)) {
    throw DataError(path.string() +
                    " is damaged: its checksum is missing or does not match its content; remove it "
                    "and resume the run, which makes it again");
  }
  try {
    Json content = Json::parse(text);
    content.erase(kSealKey);
    return content;
  } catch (const Json::exception& error) {
    throw DataError(path.string() + " is damaged (" + error.what() + ")");
  }
}

fs::path default_run_path(const std::string& name) {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc);
  const fs::path first = fs::path("runs") / (name + "-" + text);
  make_folder(first.parent_path());
  // Made here, so that two that start within a second have one each.
  std::error_code taken;
  fs::path path = first;
  for (int i = 2; !fs::create_directory(path, taken) && !taken; ++i) {
    path = first.string() + "-" + std::to_string(i);
  }
  return path;
}

}  // namespace cleave
