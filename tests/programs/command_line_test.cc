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
    const Finished version = here.start(name, {"--version"})->wait();
    EXPECT_EQ(version.code, 0);
    EXPECT_EQ(version.out.rfind("cleave ", 0), 0u) << version.out;
  }
}

// How often a thread asks for work before it sleeps, by what the OpenMP library says of itself
// when it is loaded; the last word where a program starts itself again.
std::string spins(const Workplace& here, const std::string& threads) {
  here.write("client.toml",
             "server = \"127.0.0.1:1\"\ncert = \"c\"\nkey = \"k\"\nca = \"c\"\nmodel = \"m\"\n"
             "data = \"d\"\nthreads = " +
                 threads + "\n");
  const Finished refused = here.start("cleave-client", {"client.toml"})->wait();
  EXPECT_NE(refused.code, 0);
  const std::size_t begin = refused.err.rfind("GOMP_SPINCOUNT = '");
  if (begin == std::string::npos) return refused.err;
  return refused.err.substr(begin, refused.err.find('\n', begin) - begin);
}

TEST(CommandLine, WhereAProductHasSeveralThreadsTheyWaitAsleepUnlessTheUserSaysOtherwise) {
  const Workplace here;
  const std::string asleep = "GOMP_SPINCOUNT = '0'";
  ::setenv("OMP_DISPLAY_ENV", "verbose", 1);
  EXPECT_EQ(spins(here, "2"), asleep);
  EXPECT_NE(spins(here, "1"), asleep);
  ::setenv("OMP_WAIT_POLICY", "active", 1);
  EXPECT_NE(spins(here, "2"), asleep);
  ::unsetenv("OMP_WAIT_POLICY");
  ::setenv("GOMP_SPINCOUNT", "7", 1);
  EXPECT_EQ(spins(here, "2"), "GOMP_SPINCOUNT = '7'");
  ::unsetenv("GOMP_SPINCOUNT");
  ::unsetenv("OMP_DISPLAY_ENV");
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
