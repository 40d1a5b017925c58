#include "server/coordinator/run_folder.h"

#include <algorithm>
#include <ctime>

#include "common/base/error.h"
#include "common/base/files.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxJournal = std::uint64_t{4} << 30;
constexpr const char* kServerMemory = "server_optimizer.safetensors";
// Written, and waiting for the state of its round.
constexpr const char* kNextServerMemory = "server_optimizer.next.safetensors";

Json parse(const std::string& text, const fs::path& path) {
  try {
    return Json::parse(text);
  } catch (const Json::exception& error) {
    throw DataError(path.string() + " is damaged (" + error.what() + ")");
  }
}

// A line that trace_of and traffic_of can read, of the round that follows.
Json journal_line(const std::string& text, std::size_t round, const fs::path& path) {
  Json line = parse(text, path);
  try {
    trace_of(line);
    traffic_of(line);
    if (line.at("round").get<std::size_t>() == round) return line;
  } catch (const Json::exception&) {
  }
  throw DataError(path.string() + ":" + std::to_string(round) + " is damaged: no record of round " +
                  std::to_string(round));
}

std::uint32_t round_of(const SavedState& saved, const fs::path& path) {
  const auto found = saved.metadata.find("round");
  if (found == saved.metadata.end() || found->second.empty() || found->second.size() > 9 ||
      found->second.find_first_not_of("0123456789") != std::string::npos) {
    throw DataError(path.string() + " does not say which round it belongs to");
  }
  return static_cast<std::uint32_t>(std::stoul(found->second));
}

bool is_free(const fs::path& path) {
  if (!fs::exists(path)) return true;
  if (!fs::is_directory(path)) return false;
  const fs::directory_iterator entries(path);
  return std::all_of(begin(entries), end(entries), [](const fs::directory_entry& entry) {
    return entry.path().filename() == kDeploymentFolder;
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
  write_atomically(path / "job.toml", job_toml(job));
  return folder;
}

RunFolder RunFolder::resume(const fs::path& path, const Job& job) {
  if (!fs::exists(path / "job.toml")) {
    throw UsageError("nothing to resume: " + path.string() + " holds no run");
  }
  if (read_file(path / "job.toml", 1 << 20) != job_toml(job)) {
    throw UsageError(
        "cannot resume " + path.string() +
        ": its job.toml differs from this job; resume with the same file and --set, or "
        "choose another --out");
  }
  RunFolder folder(path);
  folder.lock();
  remove_temporaries(path);
  if (!folder.load_rounds()) folder.drop_later_lines();
  folder.settle_server_memory(folder.last_round());
  return folder;
}

RunFolder RunFolder::open(const fs::path& path) {
  if (!fs::exists(path / "job.toml")) {
    throw UsageError(path.string() + " is not a run directory: it has no job.toml");
  }
  RunFolder folder(path);
  folder.load_rounds();
  return folder;
}

std::uint32_t RunFolder::last_round() const {
  return rounds_.empty() ? 0 : rounds_.back().at("round").get<std::uint32_t>();
}

std::optional<State> RunFolder::state() const {
  const fs::path path = path_ / "state.safetensors";
  if (!fs::exists(path)) return std::nullopt;
  return load_state(path).state;
}

// Reads the journal up to the round that the state belongs to. Later lines are of a round whose
// state is not written yet, or never was; whether there are none.
bool RunFolder::load_rounds() {
  const fs::path state_path = path_ / "state.safetensors";
  const fs::path journal = path_ / "rounds.jsonl";
  const std::uint32_t complete =
      fs::exists(state_path) ? round_of(load_state(state_path), state_path) : 0;
  bool whole = true;
  if (fs::exists(journal)) {
    const std::string text = read_file(journal, kMaxJournal);
    std::size_t begin = 0;
    while (begin < text.size() && rounds_.size() < complete) {
      const std::size_t end = text.find('\n', begin);
      if (end == std::string::npos) break;
      rounds_.push_back(journal_line(text.substr(begin, end - begin), rounds_.size() + 1, journal));
      begin = end + 1;
    }
    whole = begin == text.size();
  }
  if (last_round() != complete) {
    throw DataError(journal.string() + " ends at round " + std::to_string(last_round()) +
                    ", the state belongs to round " + std::to_string(complete));
  }
  return whole;
}

void RunFolder::drop_later_lines() const {
  std::string kept;
  for (const Json& round : rounds_) kept += round.dump() + '\n';
  write_atomically(path_ / "rounds.jsonl", kept);
}

// A waiting memory takes its place if its state was written, and goes if not.
void RunFolder::settle_server_memory(std::uint32_t complete) const {
  const fs::path next = path_ / kNextServerMemory;
  if (!fs::exists(next)) return;
  std::error_code failed;
  if (round_of(load_state(next), next) == complete) {
    fs::rename(next, path_ / kServerMemory, failed);
  } else {
    fs::remove(next, failed);
  }
  if (failed) throw IoError("cannot rename or remove " + next.string() + ": " + failed.message());
}

State RunFolder::server_memory() const {
  const fs::path path = path_ / kServerMemory;
  if (!fs::exists(path)) return {};
  SavedState saved = load_state(path);
  const std::uint32_t round = round_of(saved, path);
  if (round != last_round()) {
    throw DataError(path.string() + " belongs to round " + std::to_string(round) +
                    ", the state to round " + std::to_string(last_round()));
  }
  return std::move(saved.state);
}

void RunFolder::write_start(const State& state) const {
  CLEAVE_CHECK(rounds_.empty());
  save_state(path_ / "state.safetensors", state, {{"round", "0"}});
}

void RunFolder::commit_round(Json line, const State& state, const State& server_memory) {
  const auto round = line.at("round").get<std::uint32_t>();
  append_line(path_ / "rounds.jsonl", line.dump());
  const std::map<std::string, std::string> metadata = {{"round", std::to_string(round)}};
  if (!server_memory.tensors.empty()) {
    save_state(path_ / kNextServerMemory, server_memory, metadata);
  }
  save_state(path_ / "state.safetensors", state, metadata);
  settle_server_memory(round);
  rounds_.push_back(std::move(line));
}

void RunFolder::write_json(const std::string& name, const Json& content) const {
  write_atomically(path_ / name, content.dump(2) + '\n');
}

std::optional<Json> RunFolder::read_json(const std::string& name) const {
  const fs::path path = path_ / name;
  if (!fs::exists(path)) return std::nullopt;
  return parse(read_file(path, kMaxJournal), path);
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
