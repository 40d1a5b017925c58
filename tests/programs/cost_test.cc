// cleave cost: what it says before a run, against what the run then takes.
#include <regex>

#include "tests/programs/workplace.h"

namespace cleave::testing {
namespace {

// The number of bytes in the line that says `name`, e.g. "exact"; -1 when there is none.
std::int64_t payload(const Finished& cost, const std::string& name) {
  EXPECT_EQ(cost.code, 0) << cost.err;
  const std::size_t at = cost.out.find("training payload, " + name);
  if (at == std::string::npos) return -1;
  return std::stoll(cost.out.substr(cost.out.find_first_of("0123456789", at)));
}

std::int64_t taken(const Workplace& here, const std::string& run) {
  return here.json(run + "/summary.json").at("bytes").at("total").get<std::int64_t>();
}

std::string kinds(const Finished& result) {
  const std::size_t begin = result.out.find("bytes by kind");
  return result.out.substr(begin, result.out.find("training payload") - begin);
}

TEST(Cost, WithEverythingKeptIsExactToTheByteAndTheKind) {
  const Workplace here;
  const Finished cost = here.cleave({"cost", "job.toml"});
  const Finished run = here.simulate("run");
  EXPECT_EQ(payload(cost, "exact"), taken(here, "run"));
  EXPECT_EQ(kinds(cost), kinds(run));
  const std::string bill = cost.out.substr(0, cost.out.find('\n') + 1);
  EXPECT_EQ(bill.rfind("bytes on the sockets", 0), 0u) << bill;
  EXPECT_NE(run.out.find("\nplanned: " + bill), std::string::npos) << run.out;
  EXPECT_NE(run.out.find("\n" + bill), std::string::npos) << run.out;
}

TEST(Cost, WithPruningBoundsTheRun) {
  const Workplace here;
  const Arguments prune = {"--set", "phases.keep=0.5"};
  const Finished cost = here.cleave({"cost", "job.toml", "--set", "phases.keep=0.5"});
  here.simulate("run", prune);
  EXPECT_EQ(payload(cost, "exact"), -1);
  EXPECT_LE(payload(cost, "least"), taken(here, "run"));
  EXPECT_GE(payload(cost, "most"), taken(here, "run"));
  EXPECT_LT(payload(cost, "least"), payload(cost, "expected"));
  EXPECT_LT(payload(cost, "expected"), payload(cost, "most"));
}

TEST(Cost, WithLengthsNeedsOnlyTheModelsConfiguration) {
  const Workplace here;
  fs::create_directory(here.path("config"));
  fs::copy_file(here.path("model/config.json"), here.path("config/config.json"));
  const Arguments common = {"cost",  "job.toml",    "--set", "model.path=config",
                            "--set", "data.train=", "--set", "data.dev="};
  const auto with = [&](const std::string& lengths) {
    Arguments arguments = common;
    arguments.insert(arguments.end(), {"--lengths", lengths});
    return here.cleave(arguments);
  };
  const Finished even = with("6:6:24");
  EXPECT_EQ(payload(even, "least"), payload(even, "most")) << "all texts are equally long";
  const Finished cost = with("6:20:24");
  EXPECT_LT(payload(cost, "least"), payload(cost, "expected"));
  EXPECT_LT(payload(cost, "expected"), payload(cost, "most"));
  EXPECT_EQ(payload(cost, "expected"), payload(even, "expected"));
}

TEST(Cost, IsExactForMethodsWithAndWithoutRowsOnTheWire) {
  const Workplace here;
  for (const std::string method : {"lora", "deep", "prefix", "norm"}) {
    const Arguments set = {"--set", "tuning.method=" + method};
    const Finished cost = here.cleave({"cost", "job.toml", set[0], set[1]});
    const Finished run = here.simulate(method, set);
    EXPECT_EQ(payload(cost, "exact"), taken(here, method)) << method;
    EXPECT_EQ(kinds(cost), kinds(run)) << method;
  }
}

TEST(Cost, AMethodWithoutRowsOfItsOwnHoldsNoPromptsActivations) {
  const Workplace here;
  const auto memory = [&](const char* tokens) {
    const std::string out = here.cleave({"cost", "job.toml", "--lengths", "6:8:24", "--set",
                                         "tuning.method=norm", "--set", tokens})
                                .out;
    return out.substr(out.find("memory of"));
  };
  EXPECT_EQ(memory("tuning.tokens=1"), memory("tuning.tokens=9"));
}

TEST(Cost, OfTheWholeModelOnTheDeviceIsTheAlternativeThatWasNamed) {
  const Workplace here;
  const std::string out = here.cleave({"cost", "job.toml"}).out;
  std::smatch cure;
  ASSERT_TRUE(std::regex_search(out, cure, std::regex("cut.head = ([0-9]+) keeps the whole model")))
      << out;
  std::smatch priced;
  ASSERT_TRUE(std::regex_search(
      out, priced, std::regex("whole model on the device +([0-9.]+ [a-zA-Z]+) +([0-9.e+]+)")))
      << out;
  const std::string whole =
      here.cleave({"cost", "job.toml", "--set", "cut.head=" + cure[1].str()}).out;
  EXPECT_NE(whole.find("(" + priced[1].str() + "): training"), std::string::npos) << whole;
  EXPECT_NE(whole.find("client work " + priced[2].str() + " FLOP, body work 0 FLOP"),
            std::string::npos)
      << whole;
  EXPECT_EQ(whole.find("smashed"), std::string::npos) << whole;
}

TEST(Cost, LengthsThatMakeNoSenseAreAUsageError) {
  const Workplace here;
  for (const char* lengths : {"8:12", "nan:12:48", "8:4:10", "8:12:99999999999"}) {
    expect_refused(here.cleave({"cost", "job.toml", "--lengths", lengths}), 2,
                   {lengths, "MEAN:MAX:N", "23.5:60:6920"});
  }
  expect_refused(here.cleave({"cost", "job.toml", "--lengths", "8:49:10"}), 2,
                 {"no text has more than"});
}

}  // namespace
}  // namespace cleave::testing
