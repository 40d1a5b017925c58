// rounds.jsonl: one line a round, each sealed together with the digest of the line before, so that
// a changed, removed, added or reordered line shows. A line is JSON whose last key is "sha256".
//
// A round is its line, which holds the checksum of its state's file under "state", and then the
// state (run_folder.h). So one line more than the state's round is no damage, whole or torn, and
// belongs to a round that was not complete.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "server/coordinator/record.h"

namespace cleave {

// The digest before the first line.
std::string journal_start();

// A round's line as it is written, without its end; `digest` is that of the line before and becomes
// this one's, `state` the checksum of the round's state (checksum_of).
std::string sealed_line(Json line, const std::string& state, std::string& digest);

struct Journal {
  std::vector<Json> lines;  // rounds 1 to the state's, as they were committed
  std::string digest;       // of the last of them
  std::string state;        // the checksum of its state; empty where there is no line
  std::uint64_t bytes = 0;  // that they take
  bool ends_there = true;   // nothing follows them
};

// What may follow the lines of complete rounds: of a run that goes on, anything.
enum class Later { kOneRound, kAnything };

// The lines of the first `complete` rounds; a missing file has none.
// Errors: DataError naming file and line.
Journal read_journal(const std::filesystem::path& file, std::uint32_t complete, Later later);

}  // namespace cleave
