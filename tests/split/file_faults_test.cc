// Each operation on files fails in turn, once or from then on as in a crash: nothing that was
// acknowledged is lost, and what is resumed equals what never failed.
#include "common/base/file_faults.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "common/base/error.h"
#include "tests/support/written_run.h"

namespace cleave::testing {
namespace {

enum class Fails { kOnce, kFromThenOn };

// Counts the operations below `path` and lets number `wanted` fail.
class Fault {
 public:
  Fault(fs::path path, int wanted, Fails fails, int why)
      : path_(std::move(path)), wanted_(wanted), fails_(fails), why_(why) {
    set_file_fault([this](FileOperation, const fs::path& file) { return ask(file); });
  }
  ~Fault() { set_file_fault({}); }
  Fault(const Fault&) = delete;
  Fault& operator=(const Fault&) = delete;
  int count() const { return count_; }

 private:
  int ask(const fs::path& file) {
    if (file.string().rfind(path_.string(), 0) != 0) return 0;
    const int number = count_++;
    return number == wanted_ || (fails_ == Fails::kFromThenOn && number > wanted_) ? why_ : 0;
  }

  fs::path path_;
  int wanted_, count_ = 0;
  Fails fails_;
  int why_;
};

// Runs `act` with each of its operations below `path` failing in turn; `prepare` and `check` come
// before and after, without faults. Returns how many there were.
int sweep(const fs::path& path, const std::function<void()>& prepare,
          const std::function<void()>& act, const std::function<void(const std::string&)>& check,
          int stride = 1) {
  const auto attempt = [&](int wanted, Fails fails, int why) {
    prepare();
    const Fault fault(path, wanted, fails, why);
    try {
      act();
    } catch (const IoError&) {
    }
    return fault.count();
  };
  const int operations = attempt(-1, Fails::kOnce, 0);
  for (int wanted = 0; wanted < operations; wanted += stride) {
    for (const Fails fails : {Fails::kOnce, Fails::kFromThenOn}) {
      attempt(wanted, fails, wanted % 2 == 0 ? EIO : ENOSPC);
      check("operation " + std::to_string(wanted) +
            (fails == Fails::kOnce ? " fails" : " and all after it fail"));
    }
  }
  return operations;
}

// Nothing of what was committed is missing, and the rest comes out as if nothing had happened.
void expect_whole(const fs::path& path, const Job& job, std::uint32_t committed,
                  const std::map<std::string, std::string>& whole, const std::string& what) {
  if (committed > 0) {
    EXPECT_GE(RunFolder::open(path).last_round(), committed) << what;
  }
  write_run(path, job);
  EXPECT_EQ(contents(path), whole) << what;
}

TEST(FileFaults, OfANewRunLoseNothingThatWasAcknowledged) {
  const TemporaryFolder folder;
  const Job job = tiny_job();
  write_run(folder / "whole", job);
  const auto whole = contents(folder / "whole");
  const fs::path path = folder / "run";
  std::uint32_t committed = 0;
  const int operations = sweep(
      path,
      [&] {
        fs::remove_all(path);
        committed = 0;
      },
      [&] { write_run(path, job, committed); },
      [&](const std::string& what) { expect_whole(path, job, committed, whole, what); });
  EXPECT_GT(operations, 80);
}

TEST(FileFaults, OfAResumedRunLoseNothingThatWasAcknowledged) {
  const TemporaryFolder folder;
  const Job job = tiny_job();
  write_run(folder / "whole", job);
  const auto whole = contents(folder / "whole");
  Job shorter = job;
  shorter.federation.rounds = 2;
  write_run(folder / "begun", shorter);
  // As a kill leaves it: a torn line, a memory that waits, and half a file.
  append_line(folder / "begun/rounds.jsonl", R"({"round":3,"lo)");
  cut_file(folder / "begun/rounds.jsonl", fs::file_size(folder / "begun/rounds.jsonl") - 1);
  save_state(folder / "begun/server_optimizer.next.safetensors", memory_of(3), {{"round", "3"}});
  write_atomically(folder / "begun/state.safetensors.tmp.123", "half");
  const fs::path path = folder / "run";
  std::uint32_t committed = 0;
  sweep(
      path,
      [&] {
        fs::remove_all(path);
        fs::copy(folder / "begun", path);
        committed = 2;
      },
      [&] { write_run(path, job, committed); },
      [&](const std::string& what) { expect_whole(path, job, committed, whole, what); });
}

TEST(FileFaults, OfAWholeJobEndItWithTheFirstFailureAndItIsResumedToTheSameBytes) {
  const TemporaryFolder folder;
  Job job = tiny_job();
  job.federation.server_optimizer = "fedavgm";
  job.federation.rounds = 2;
  run_tiny(job, folder / "whole");
  const auto whole = contents(folder / "whole");
  const fs::path path = folder / "run";
  std::uint32_t printed = 0;
  SimulationOptions options;
  options.on_round = [&](const Json& line) { printed = line.at("round").get<std::uint32_t>(); };
  sweep(
      path,
      [&] {
        fs::remove_all(path);
        printed = 0;
      },
      [&] { run_tiny(job, path, options); },
      [&](const std::string& what) {
        if (printed > 0) {
          EXPECT_GE(RunFolder::open(path).last_round(), printed) << what;
        }
        run_tiny(job, path);
        EXPECT_EQ(contents(path), whole) << what;
      },
      7);
}

}  // namespace
}  // namespace cleave::testing
