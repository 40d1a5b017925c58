// What is resumed is what was written: damage is refused by the name of its file, and what a crash
// leaves is not damage.
#include "server/coordinator/journal.h"

#include <gtest/gtest.h>

#include "common/base/hash.h"
#include "tests/support/refusal.h"
#include "tests/support/written_run.h"

namespace cleave::testing {
namespace {

class WrittenRun : public ::testing::Test {
 protected:
  WrittenRun() { write_run(path_, job_); }

  std::string read(const std::string& name) const { return read_file(path_ / name, 1 << 20); }
  void write(const std::string& name, const std::string& text) const {
    write_atomically(path_ / name, text);
  }
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    std::istringstream in(read("rounds.jsonl"));
    for (std::string line; std::getline(in, line);) out.push_back(line + "\n");
    return out;
  }
  // Of the last line, as the server optimiser's memory of that round says it.
  std::string journal_digest() const {
    return load_state(path_ / "server_optimizer.safetensors").metadata.at("journal").c_str();
  }
  void expect_refused(const std::vector<std::string>& words) const {
    const std::string why = refusal<Error>([&] { read_run(path_, job_); });
    for (const std::string& word : words) {
      EXPECT_NE(why.find(word), std::string::npos) << "no \"" << word << "\" in: " << why;
    }
  }

  TemporaryFolder folder_;
  fs::path path_ = folder_ / "run";
  Job job_ = tiny_job();
};

using Journals = WrittenRun;

TEST_F(Journals, ALineIsSealedTogetherWithTheDigestOfTheLineBefore) {
  std::string before = hex(sha256("cleave rounds 1"));
  for (const std::string& line : lines()) {
    const std::string key = "\"sha256\":\"";
    const std::size_t at = line.find(key) + key.size();
    ASSERT_EQ(at + 64 + 3, line.size());
    std::string zeros = line.substr(0, line.size() - 1);
    zeros.replace(at, 64, std::string(64, '0'));
    const std::string digest = hex(sha256(before + zeros));
    EXPECT_EQ(line.substr(at, 64), digest);
    before = digest;
  }
  EXPECT_EQ(journal_digest(), before);
}

TEST_F(Journals, ALineHoldsTheChecksumOfItsState) {
  std::string state = read("state.safetensors");
  const std::string key = "\"sha256\":\"";
  state.replace(state.find(key) + key.size(), 64, std::string(64, '0'));
  EXPECT_EQ(Json::parse(lines().back()).at("state"), hex(sha256(state)));
}

TEST_F(Journals, TheFileOfAStateIsAFunctionOfTheStateAndItsRoundAlone) {
  save_state(folder_ / "alone.safetensors", state_of(3), {{"round", "3"}});
  EXPECT_EQ(read_file(folder_ / "alone.safetensors", 1 << 20), read("state.safetensors"));
}

TEST_F(Journals, AFlippedBitInAnyFileIsRefusedByItsName) {
  for (const char* name : {"rounds.jsonl", "state.safetensors", "server_optimizer.safetensors",
                           "job.toml", "partition.json", "summary.json", "measured.json"}) {
    const std::string whole = read(name);
    const std::size_t stride = std::string(name) == "job.toml" ? 13 : 1;
    for (std::size_t i = 0; i < whole.size(); i += stride) {
      std::string flipped = whole;
      flipped[i] = static_cast<char>(flipped[i] ^ (1 << i % 8));
      write(name, flipped);
      const std::string why = refusal<Error>([&] { read_run(path_, job_); });
      EXPECT_NE(why.find(name), std::string::npos)
          << "bit " << i % 8 << " of byte " << i << " of " << name << ": " << why;
    }
    write(name, whole);
  }
  read_run(path_, job_);
}

TEST_F(Journals, AShortenedFileIsRefusedByItsName) {
  for (const char* name : {"rounds.jsonl", "state.safetensors", "server_optimizer.safetensors",
                           "job.toml", "partition.json", "summary.json", "measured.json"}) {
    const std::string whole = read(name);
    for (const std::size_t size : {std::size_t{0}, whole.size() / 2, whole.size() - 1}) {
      write(name, whole.substr(0, size));
      expect_refused({name});
    }
    write(name, whole);
  }
}

TEST_F(Journals, LinesThatWereRemovedMovedOrTakenTwiceAreRefused) {
  const std::vector<std::string> l = lines();
  for (const std::string& text : {l[1] + l[2], l[0] + l[2], l[0] + l[1], l[1] + l[0] + l[2],
                                  l[0] + l[0] + l[1] + l[2], std::string()}) {
    write("rounds.jsonl", text);
    expect_refused({"rounds.jsonl"});
  }
  fs::remove(path_ / "rounds.jsonl");
  expect_refused({"rounds.jsonl", "ends at round 0", "round 3"});
}

TEST_F(Journals, AJournalOfAnotherRunIsRefused) {
  std::string digest = journal_start(), other;
  for (std::uint32_t round = 1; round <= 3; ++round) {
    Json line = line_of(round);
    line["loss"] = 7;
    other += sealed_line(line, checksum_of(state_file(state_of(7), {})), digest) + "\n";
  }
  write("rounds.jsonl", other);
  expect_refused({"state.safetensors", "rounds.jsonl", "another run"});
}

TEST_F(Journals, AStateThatClaimsAnotherRoundIsRefused) {
  for (const char* round : {"1", "2", "4", "0"}) {
    save_state(path_ / "state.safetensors", state_of(3), {{"round", round}});
    const std::string why = refusal([&] { read_run(path_, job_); });
    EXPECT_FALSE(why.empty()) << round;
  }
}

TEST_F(Journals, AStateThatWasRemovedIsRefusedByItsNameAndNothingIsDeleted) {
  fs::remove(path_ / "state.safetensors");
  const auto before = contents(path_);
  expect_refused({"state.safetensors is missing"});
  EXPECT_EQ(contents(path_), before);
  EXPECT_NE(refusal([&] { RunFolder::open(path_); }).find("state.safetensors is missing"),
            std::string::npos);
}

TEST_F(Journals, AnOlderStateIsRefusedAndNothingIsDeleted) {
  save_state(path_ / "state.safetensors", state_of(1), {{"round", "1"}});
  const auto before = contents(path_);
  expect_refused({"rounds.jsonl", "state.safetensors", "round 1"});
  EXPECT_EQ(contents(path_), before);
}

TEST_F(Journals, AnotherRoundsServerMemoryIsRefused) {
  save_state(path_ / "server_optimizer.safetensors", memory_of(2),
             {{"round", "2"}, {"journal", journal_digest()}});
  expect_refused({"server_optimizer.safetensors", "round 2"});
  save_state(path_ / "server_optimizer.safetensors", memory_of(3),
             {{"round", "3"}, {"journal", std::string(64, '7')}});
  expect_refused({"server_optimizer.safetensors", "another run"});
}

TEST_F(Journals, ATornLastLineIsWhatACrashLeavesAndIsDropped) {
  const std::string whole = read("rounds.jsonl");
  std::string digest = journal_digest();
  std::string next = sealed_line(line_of(4), "", digest) + "\n";
  for (std::size_t size = 1; size <= next.size(); ++size) {
    write("rounds.jsonl", whole + next.substr(0, size));
    EXPECT_EQ(RunFolder::resume(path_, job_).last_round(), 3u);
    EXPECT_EQ(read("rounds.jsonl"), whole) << size;
  }
  next.replace(next.size() / 2, 4, 4, '\0');  // a page that never reached the disk
  write("rounds.jsonl", whole + next);
  EXPECT_EQ(RunFolder::resume(path_, job_).last_round(), 3u);
  EXPECT_EQ(read("rounds.jsonl"), whole);
}

TEST_F(Journals, MoreThanOneRoundWithoutAStateOrAForeignLineIsRefusedAndNothingIsDeleted) {
  const std::string whole = read("rounds.jsonl");
  std::string digest = journal_digest();
  const std::string four = sealed_line(line_of(4), "", digest) + "\n";
  const std::string five = sealed_line(line_of(5), "", digest) + "\n";
  for (const std::string& text : {four + five, four + "{", five, lines()[2]}) {
    write("rounds.jsonl", whole + text);
    expect_refused({"rounds.jsonl"});
    EXPECT_EQ(read("rounds.jsonl"), whole + text);
  }
}

TEST_F(Journals, WhatAnEarlierVersionWroteIsRefusedAsSuch) {
  std::string plain;
  for (std::uint32_t round = 1; round <= 3; ++round) plain += line_of(round).dump() + "\n";
  write("rounds.jsonl", plain);
  expect_refused({"rounds.jsonl:1", "earlier version"});
  write("job.toml", job_toml(job_));
  expect_refused({"job.toml", "earlier version"});
}

TEST_F(Journals, APathInTheJobMayBeChangedWhereARunWasMoved) {
  std::string text = read("job.toml");
  const std::string name = "path = \"" + job_.model.path + "\"";
  ASSERT_NE(text.find(name), std::string::npos) << text;
  text.replace(text.find(name), name.size(), "path = \"/elsewhere\"");
  write("job.toml", text);
  EXPECT_EQ(RunFolder::open(path_).last_round(), 3u);
  expect_refused({"model.path", "/elsewhere"});
  const std::size_t seed = text.find("seed = 1");
  text.replace(seed, 8, "seed = 2");
  write("job.toml", text);
  EXPECT_NE(refusal([&] { RunFolder::open(path_); }).find("job.toml is damaged"),
            std::string::npos);
}

TEST_F(Journals, ARunGoesOnUnderOtherKernelsWithAWarningThatNamesBoth) {
  const RunFolder folder = RunFolder::open(path_);
  EXPECT_EQ(note_kernels(folder, "some BLAS").warning, "");
  const Kernels other = note_kernels(folder, "another BLAS");
  EXPECT_NE(other.warning.find("some BLAS"), std::string::npos) << other.warning;
  EXPECT_NE(other.warning.find("another BLAS"), std::string::npos) << other.warning;
  EXPECT_EQ(folder.read_json("measured.json")->at("kernels"), Json({"some BLAS", "another BLAS"}));
  EXPECT_EQ(note_kernels(folder, "another BLAS").warning, "");
}

}  // namespace
}  // namespace cleave::testing
