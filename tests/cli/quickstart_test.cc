// `cleave quickstart` as its user runs it.
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "common/base/files.h"
#include "tests/support/process.h"
#include "tests/support/temporary_folder.h"

namespace cleave::testing {
namespace {

using Json = nlohmann::json;

class Quickstart : public ::testing::Test {
 protected:
  std::unique_ptr<Process> start(Arguments arguments, const fs::path& bin = CLEAVE_BINARY_DIR) {
    arguments.insert(arguments.begin(), "quickstart");
    return std::make_unique<Process>(bin / "cleave", arguments, folder.path());
  }
  Finished run(const Arguments& arguments) {
    return start(arguments)->wait(std::chrono::seconds(240));
  }
  Json json(const std::string& name) const {
    return Json::parse(read_file(folder / name, 1 << 24));
  }
  std::vector<Json> journal() const {
    std::vector<Json> lines;
    std::ifstream in(folder / "run/rounds.jsonl");
    for (std::string line; std::getline(in, line);) lines.push_back(Json::parse(line));
    return lines;
  }
  bool reaches_round(std::size_t n) const {
    return Process::until([&] { return journal().size() >= n; }, std::chrono::seconds(120));
  }

  // Processes with a file of this folder on their command line.
  std::vector<int> started(const std::string& word) const {
    std::vector<int> pids;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      const std::string name = entry.path().filename();
      if (name.find_first_not_of("0123456789") != std::string::npos) continue;
      std::ifstream in(entry.path() / "cmdline");
      const std::string line{std::istreambuf_iterator<char>(in), {}};
      std::error_code gone;
      const bool ours = fs::read_symlink(entry.path() / "cwd", gone) == folder.path();
      if (ours && line.find(word) != std::string::npos) pids.push_back(std::stoi(name));
    }
    return pids;
  }

  TemporaryFolder folder;
};

TEST_F(Quickstart, ClimbsFromChanceToItsControlWhichBeatsTheProbe) {
  const Finished result = run({"--out", "run"});
  ASSERT_EQ(result.code, 0) << result.err;
  EXPECT_EQ(result.last_line(), "run");
  const std::vector<Json> rounds = journal();
  ASSERT_EQ(rounds.size(), 10u);
  const auto accuracy = [&](std::size_t i) { return rounds[i].at("dev_accuracy").get<double>(); };
  const Json summary = json("run/summary.json");
  EXPECT_EQ(summary.at("status"), "done");
  EXPECT_NEAR(summary.at("untrained_dev_accuracy").get<double>(), 0.5, 0.01);
  EXPECT_GT(accuracy(0), 0.55);
  EXPECT_GT(accuracy(4), accuracy(0) + 0.05);
  EXPECT_GT(accuracy(9), accuracy(4));
  EXPECT_GE(rounds.back().at("dev").at("n"), 2000);
  EXPECT_GE(summary.at("dev_accuracy"), summary.at("control_dev_accuracy").get<double>() - 0.03);
  EXPECT_GE(summary.at("control_dev_accuracy"),
            summary.at("linear_probe_dev_accuracy").get<double>() + 0.05);
  EXPECT_EQ(summary.at("bytes").at("total"), summary.at("bytes").at("closed_form"));
  EXPECT_TRUE(summary.at("bytes").at("equal_to_closed_form"));
}

TEST_F(Quickstart, PrintsALineARoundAndWhatItCameTo) {
  const Finished result = run({"--out", "run", "--set", "federation.rounds=2"});
  ASSERT_EQ(result.code, 0) << result.err;
  std::istringstream out(result.out);
  std::string line;
  while (std::getline(out, line) && line.find("participants") == std::string::npos) {
  }
  EXPECT_NE(line.find("accuracy"), std::string::npos) << result.out;
  for (const char* round : {"    1 ", "    2 "}) {
    ASSERT_TRUE(std::getline(out, line));
    EXPECT_EQ(line.substr(0, 6), round);
    EXPECT_NE(line.find("1200/1200"), std::string::npos) << line;
  }
  for (const char* word :
       {"status done", "before training", "control, optimiser reset", "control, continuous",
        "linear probe", "equal to the byte", "peak RSS"}) {
    EXPECT_NE(result.out.find(word), std::string::npos) << word << "\n" << result.out;
  }
  for (const char* name :
       {"job.toml", "state.safetensors", "measured.json", "deployment/server.toml",
        "deployment/client-3.toml", "deployment/pki/ca.pem", "deployment/slice/model.lock",
        "deployment/data/client-0-dev.tsv", "deployment/logs/server.log",
        "deployment/logs/client-0.log"}) {
    EXPECT_TRUE(fs::exists(folder / "run" / name)) << name;
  }
}

TEST_F(Quickstart, ASignalEndsEveryProcessAndTheSummarySaysInterrupted) {
  const auto quickstart = start({"--out", "run", "--set", "federation.rounds=10000"});
  ASSERT_TRUE(reaches_round(2));
  EXPECT_EQ(started("client-").size(), 4u);
  quickstart->signal(SIGINT);
  const Finished result = quickstart->wait(std::chrono::seconds(20));
  EXPECT_EQ(result.code, 130) << result.err;
  EXPECT_EQ(result.last_line(), "run");
  EXPECT_TRUE(started("deployment").empty());
  EXPECT_EQ(json("run/summary.json").at("status"), "interrupted");
  EXPECT_EQ(json("run/summary.json").at("rounds"), journal().size());
}

TEST_F(Quickstart, LeavesNoProcessBehindWhenItIsKilled) {
  const auto quickstart = start({"--out", "run", "--set", "federation.rounds=10000"});
  ASSERT_TRUE(reaches_round(1));
  quickstart->signal(SIGKILL);
  quickstart->wait();
  EXPECT_TRUE(
      Process::until([&] { return started("deployment").empty(); }, std::chrono::seconds(20)));
}

TEST_F(Quickstart, AClientThatIsLostIsNamedWithItsLog) {
  const auto quickstart = start({"--out", "run", "--set", "federation.rounds=10000"});
  ASSERT_TRUE(reaches_round(1));
  const std::vector<int> clients = started("client-2.toml");
  ASSERT_EQ(clients.size(), 1u);
  ::kill(clients[0], SIGKILL);
  const Finished result = quickstart->wait(std::chrono::seconds(30));
  EXPECT_EQ(result.code, 69);
  EXPECT_NE(result.err.find("client-2"), std::string::npos) << result.err;
  EXPECT_NE(result.err.find("deployment/logs/client-2.log"), std::string::npos) << result.err;
  EXPECT_TRUE(started("deployment").empty());
}

TEST_F(Quickstart, AJobThatTheServerRefusesIsReportedWithItsReason) {
  const Finished result = run({"--out", "run", "--set", "federation.partition=iid"});
  EXPECT_EQ(result.code, 65);
  EXPECT_NE(result.err.find("federation.partition is for simulations"), std::string::npos)
      << result.err;
  EXPECT_TRUE(started("deployment").empty());
}

TEST_F(Quickstart, AWrongSettingIsRefusedBeforeAnythingIsMade) {
  const Finished result = run({"--out", "run", "--set", "federation.round=3"});
  EXPECT_EQ(result.code, 65);
  EXPECT_NE(result.err.find("federation.rounds"), std::string::npos) << result.err;
  EXPECT_FALSE(fs::exists(folder / "run"));
}

TEST_F(Quickstart, AFolderThatIsNotEmptyIsAUsageError) {
  fs::create_directories(folder / "run/deployment");
  const Finished result = run({"--out", "run"});
  EXPECT_EQ(result.code, 2);
  EXPECT_NE(result.err.find("run is not empty"), std::string::npos) << result.err;
}

TEST_F(Quickstart, AProgramThatIsMissingIsNamed) {
  fs::create_directory(folder / "bin");
  fs::copy_file(fs::path(CLEAVE_BINARY_DIR) / "cleave", folder / "bin/cleave");
  const Finished result = start({"--out", "run"}, folder / "bin")->wait();
  EXPECT_EQ(result.code, 74);
  EXPECT_NE(result.err.find("cleave-server is missing"), std::string::npos) << result.err;
  EXPECT_FALSE(fs::exists(folder / "run"));
}

}  // namespace
}  // namespace cleave::testing
