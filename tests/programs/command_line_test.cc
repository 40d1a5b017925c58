// The command line: help, versions, typos, wrong values.
#include "tests/programs/workplace.h"

namespace cleave::testing {
namespace {

const std::vector<std::pair<std::string, Arguments>> kEveryCommand = {{"cleave", {}},
                                                                      {"cleave", {"simulate"}},
                                                                      {"cleave", {"eval"}},
                                                                      {"cleave", {"predict"}},
                                                                      {"cleave", {"cost"}},
                                                                      {"cleave", {"slice"}},
                                                                      {"cleave", {"inspect"}},
                                                                      {"cleave", {"export"}},
                                                                      {"cleave", {"import"}},
                                                                      {"cleave", {"pki"}},
                                                                      {"cleave", {"pki", "init"}},
                                                                      {"cleave", {"pki", "issue"}},
                                                                      {"cleave", {"job-reference"}},
                                                                      {"cleave-server", {}},
                                                                      {"cleave-client", {}}};

TEST(CommandLine, HelpOfEveryCommandHasAnExampleOfThatCommand) {
  const Workplace here;
  for (auto [name, arguments] : kEveryCommand) {
    std::string command = name;
    for (const std::string& word : arguments) command += " " + word;
    arguments.push_back("--help");
    const Finished help = here.run(name, arguments);
    EXPECT_EQ(help.code, 0);
    const std::size_t example = help.out.find("Example:\n  " + command);
    EXPECT_NE(example, std::string::npos) << command << "\n" << help.out;
    EXPECT_EQ(help.err, "");
  }
}

TEST(CommandLine, VersionGoesToStdout) {
  const Workplace here;
  for (const char* name : {"cleave", "cleave-server", "cleave-client"}) {
    const Finished version = here.run(name, {"--version"});
    EXPECT_EQ(version.code, 0);
    EXPECT_EQ(version.out.rfind("cleave ", 0), 0u) << version.out;
  }
}

TEST(CommandLine, ATypoNamesTheNearestKnownWordAndTheHelpOfThatCommand) {
  const Workplace here;
  expect_refused(here.cleave({"simulat", "job.toml"}), 2,
                 {"unknown command \"simulat\"", "did you mean simulate?", "See cleave --help"});
  expect_refused(here.cleave({"simulate", "job.toml", "--oot", "x"}), 2,
                 {"unknown option \"--oot\"", "did you mean --out?", "See cleave simulate --help"});
  expect_refused(here.cleave({"pki", "isue"}), 2, {"did you mean issue?", "See cleave pki --help"});
  expect_refused(here.run("cleave-server", {"job.toml", "--rol", "body"}), 2,
                 {"did you mean --role?", "See cleave-server --help"});
}

TEST(CommandLine, WithoutACommandTheCommandsAreListed) {
  const Workplace here;
  expect_refused(here.cleave({}), 2, {"a command is missing", "simulate", "predict", "--help"});
  expect_refused(here.cleave({"pki"}), 2, {"expected init or issue"});
  expect_refused(here.cleave({"simulate"}), 2, {"job is required", "See cleave simulate --help"});
  expect_refused(here.run("cleave-client", {}), 2, {"config is required"});
}

TEST(CommandLine, WrongValuesOfOptionsSayWhatIsExpected) {
  const Workplace here;
  expect_refused(here.cleave({"simulate", "job.toml", "--log-level", "loud"}), 2,
                 {"loud", "debug", "warn"});
  expect_refused(here.cleave({"slice", "model", "--head", "-1", "--tail", "0", "-o", "s"}), 2,
                 {"--head", "-1", "0 to 10000"});
  expect_refused(here.run("cleave-server", {"job.toml", "--role", "boddy"}), 2,
                 {"boddy", "coordinator"});
  expect_refused(here.cleave({"simulate", "job.toml", "--resume"}), 2, {"--out"});
}

TEST(CommandLine, SettingsMayStandBeforeTheJobFile) {
  const Workplace here;
  const Finished run = here.cleave(
      {"simulate", "--set", "federation.rounds=1", "--set", "seed=4", "job.toml", "--out", "run"});
  EXPECT_EQ(run.code, 0) << run.err;
  EXPECT_EQ(here.json("run/summary.json").at("rounds"), 1);
  EXPECT_EQ(here.json("run/summary.json").at("seed"), 4);
}

TEST(CommandLine, TheLogLevelDecidesWhatGoesToStderr) {
  const Workplace here;
  EXPECT_EQ(here.simulate("info", {"--log-level", "info"}).err.find("joined: client-00") ==
                std::string::npos,
            false);
  EXPECT_EQ(here.simulate("default").err.find("joined:"), std::string::npos);
}

}  // namespace
}  // namespace cleave::testing
