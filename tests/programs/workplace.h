// A folder as a user has it before the first command: a tiny model, some data, a job file.
#pragma once

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "common/base/files.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

// The programs' mains, whose objects these tests are linked with.
int cleave_main(int argc, char** argv);
int cleave_server_main(int argc, char** argv);
int cleave_client_main(int argc, char** argv);

namespace cleave::testing {

using Json = nlohmann::json;

inline fs::path program(const std::string& name) { return fs::path(CLEAVE_BINARY_DIR) / name; }

// "good ..." is a yes and "bad ..." a no, so that there is something to learn.
inline std::string labelled_texts(int count, int salt) {
  std::string out;
  for (int i = 0; i < count; ++i) {
    const bool good = (i * 7 + salt) % 3 != 0;
    out += good ? "good" : "bad";
    for (int j = 0; j <= (i + salt) % 7; ++j) out += " w" + std::to_string((5 * i + 3 * j) % 90);
    out += good ? "\tyes\n" : "\tno\n";
  }
  return out;
}

class Workplace {
 public:
  Workplace() {
    const fs::path fixtures = fs::path(CLEAVE_SOURCE_DIR) / "tests/golden/tiny/bert";
    fs::create_directory(path("model"));
    for (const char* name : {"config.json", "model.safetensors"}) {
      fs::copy_file(fixtures / name, path("model") / name);
    }
    std::string vocabulary = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\ngood\nbad\n";
    for (int i = 0; i < 113; ++i) vocabulary += "w" + std::to_string(i) + "\n";
    write("model/vocab.txt", vocabulary);
    write("train.tsv", labelled_texts(24, 0));
    write("dev.tsv", labelled_texts(9, 1));
    write("test.tsv", labelled_texts(9, 2));
    write("partition.json", R"({"clients": [[0,1,2,3,4,5,6,7,8,9],[10,11,12,13,14,15,16],
                                            [17,18,19,20,21,22,23]]})");
    write("job.toml", job_text());
  }

  // The tables that simulation and deployment share, and the simulation's own.
  static std::string shared_job() {
    return "seed = 3\n[model]\npath = \"model\"\n[cut]\nhead = 1\ntail = 1\n"
           "[tuning]\ntokens = 3\n[optimizer]\nbatch = 4\n[run]\nthreads = 1\n";
  }
  static std::string job_text() {
    return shared_job() +
           "[data]\ntrain = \"train.tsv\"\ndev = \"dev.tsv\"\ntest = \"test.tsv\"\n"
           "labels = [\"no\", \"yes\"]\n"
           "[federation]\nclients = 3\nper_round = 2\nrounds = 3\n"
           "partition = \"file:partition.json\"\n[eval]\ntest = true\n";
  }

  fs::path path(const std::string& name) const { return folder_ / name; }
  void write(const std::string& name, const std::string& content) const {
    write_atomically(path(name), content);
  }
  std::string read(const std::string& name) const { return read_file(path(name), 64 << 20); }
  Json json(const std::string& name) const { return Json::parse(read(name)); }
  std::vector<Json> journal(const std::string& run) const {
    std::vector<Json> lines;
    std::istringstream in(read(run + "/rounds.jsonl"));
    for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
    return lines;
  }

  std::unique_ptr<Process> start(const std::string& name, const Arguments& arguments) const {
    return std::make_unique<Process>(program(name), arguments, folder_.path());
  }
  // From start to end, in a copy of this process: LibTorch, which takes longer to load than most
  // commands to run, is there already. Commands that start programs themselves need the file.
  Finished run(const std::string& name, const Arguments& arguments) const {
    static const std::set<std::string> starters = {"compare", "quickstart"};
    if (!arguments.empty() && starters.contains(arguments[0])) {
      return start(name, arguments)->wait();
    }
    Process copy(
        [&] {
          ::setenv("OMP_WAIT_POLICY", "passive", 1);  // or it would start this file again
          std::vector<char*> argv = Process::pointers(name, arguments);
          const int code = main_of(name)(static_cast<int>(argv.size()) - 1, argv.data());
          std::fflush(nullptr);
          ::_exit(code);  // what this process has yet to clean up is not the copy's
        },
        folder_.path());
    return copy.wait();
  }
  Finished cleave(const Arguments& arguments) const { return run("cleave", arguments); }
  // A simulation that must succeed.
  Finished simulate(const std::string& out, const Arguments& more = {}) const {
    Arguments arguments = {"simulate", "job.toml", "--out", out};
    arguments.insert(arguments.end(), more.begin(), more.end());
    Finished result = cleave(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    return result;
  }

  // Every file of a run directory that must not depend on the machine.
  std::map<std::string, std::string> contents(const std::string& run) const {
    std::map<std::string, std::string> out;
    for (const auto& entry : fs::directory_iterator(path(run))) {
      const std::string name = entry.path().filename().string();
      if (name != "measured.json") out[name] = read(run + "/" + name);
    }
    return out;
  }

 private:
  static auto main_of(const std::string& name) -> int (*)(int, char**) {
    if (name == "cleave-server") return cleave_server_main;
    return name == "cleave-client" ? cleave_client_main : cleave_main;
  }

  TemporaryFolder folder_;
};

// One exit code, a message that holds all of `words`, and no word of an internal error.
inline void expect_refused(const Finished& result, int code,
                           const std::vector<std::string>& words) {
  EXPECT_EQ(result.code, code) << result.err;
  for (const std::string& word : words) {
    EXPECT_NE(result.err.find(word), std::string::npos) << "no \"" << word << "\" in:\n"
                                                        << result.err;
  }
  EXPECT_EQ(result.err.find("internal error"), std::string::npos) << result.err;
}

}  // namespace cleave::testing
