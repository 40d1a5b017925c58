#include "server/coordinator/journal.h"

#include <fmt/format.h>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/base/hash.h"
#include "server/coordinator/sealed_json.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxJournal = std::uint64_t{4} << 30;
constexpr const char* kState = "state";

[[noreturn]] void damaged(const fs::path& file, std::size_t round, const std::string& what) {
  throw DataError(file.string() + ":" + std::to_string(round) + " is damaged: " + what +
                  "; restore the run directory from a copy, or run the job anew");
}

// A line whose seal fits, that trace_of and traffic_of can read, of the round that follows.
Json checked_line(const std::string& text, std::size_t round, std::string& digest,
                  const fs::path& file) {
  const std::optional<std::string> own = seal_of(text, digest);
  if (!own) {
    const bool sealed = text.find(fmt::format("\"{}\":\"", kSealKey)) != std::string::npos;
    damaged(file, round,
            sealed ? "its checksum does not match (a line was changed, removed or moved)"
                   : "it carries no checksum (did an earlier version of Cleave write it?)");
  }
  try {
    Json line = Json::parse(text);
    trace_of(line);
    traffic_of(line);
    if (line.at("round").get<std::size_t>() == round && line.at(kState).is_string()) {
      digest = *own;
      line.erase(kSealKey);
      return line;
    }
  } catch (const Json::exception&) {
  }
  damaged(file, round, "no record of round " + std::to_string(round));
}

// A line that a crash cut off has no end; where the machine went down, it may hold zeros.
bool is_torn(const std::string& text, std::size_t begin, std::size_t end) {
  return end == std::string::npos ||
         text.substr(begin, end - begin).find('\0') != std::string::npos;
}

// What a crash between a line and its state leaves, and nothing else.
void check_later(const std::string& text, const Journal& journal, const fs::path& file) {
  const std::size_t begin = journal.bytes, end = text.find('\n', begin);
  if (is_torn(text, begin, end)) return;
  const std::size_t complete = journal.lines.size();
  std::string digest = journal.digest;
  checked_line(text.substr(begin, end - begin), complete + 1, digest, file);
  if (end + 1 == text.size()) return;
  throw DataError(file.string() + " goes on after round " + std::to_string(complete + 1) +
                  ", but state.safetensors beside it is of round " + std::to_string(complete) +
                  ": it was removed or is an older one; put the last round's state back, or run "
                  "the job anew");
}

}  // namespace

std::string journal_start() { return hex(sha256("cleave rounds 1")); }

std::string sealed_line(Json line, const std::string& state, std::string& digest) {
  line[kState] = state;
  std::string text = sealed_json(std::move(line), -1, digest);
  digest = *seal_of(text, digest);
  return text;
}

Journal read_journal(const fs::path& file, std::uint32_t complete, Later later) {
  Journal journal;
  journal.digest = journal_start();
  const std::string text = fs::exists(file) ? read_file(file, kMaxJournal) : "";
  while (journal.lines.size() < complete) {
    const std::size_t end = text.find('\n', journal.bytes);
    if (end == std::string::npos) break;
    journal.lines.push_back(checked_line(text.substr(journal.bytes, end - journal.bytes),
                                         journal.lines.size() + 1, journal.digest, file));
    journal.bytes = end + 1;
    journal.state = journal.lines.back().at(kState).get<std::string>();
    journal.lines.back().erase(kState);
  }
  if (journal.lines.size() != complete) {
    throw DataError(file.string() + " ends at round " + std::to_string(journal.lines.size()) +
                    ", the state belongs to round " + std::to_string(complete) +
                    ": it was cut off or removed; restore it, or run the job anew");
  }
  journal.ends_there = journal.bytes == text.size();
  if (!journal.ends_there && later == Later::kOneRound) check_later(text, journal, file);
  return journal;
}

}  // namespace cleave
