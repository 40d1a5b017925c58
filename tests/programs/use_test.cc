// The use of a finished run in one process: cleave eval and cleave predict.
#include "tests/programs/workplace.h"

namespace cleave::testing {
namespace {

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

TEST(Use, EvalGivesTheAccuracyOfTheRun) {
  const Workplace here;
  here.simulate("run");
  const Json summary = here.json("run/summary.json");
  for (const auto& [arguments, key] :
       {std::pair<Arguments, const char*>{{"eval", "run"}, "dev_accuracy"},
        {{"eval", "run", "--data", "test.tsv"}, "test_accuracy"}}) {
    const Finished result = here.cleave(arguments);
    EXPECT_EQ(result.code, 0) << result.err;
    char accuracy[32];
    std::snprintf(accuracy, sizeof accuracy, "accuracy %.4f\n", summary.at(key).get<double>());
    EXPECT_NE(result.out.find(accuracy), std::string::npos) << result.out << accuracy;
    EXPECT_NE(result.out.find("samples 9\n"), std::string::npos) << result.out;
  }
}

TEST(Use, PredictPrintsALineATextAndIgnoresTheLabelsOfATable) {
  const Workplace here;
  here.simulate("run");
  here.write("plain.txt", "good w1 w2\nbad w3\n");
  here.write("labelled.tsv", "good w1 w2\tno\nbad w3\tno such label\n");
  here.write("bare.tsv", "good w1 w2\nbad w3\n");
  here.write("lines.jsonl", "{\"text\": \"good w1 w2\"}\n{\"text\": \"bad w3\"}\n");
  const Finished plain = here.cleave({"predict", "run", "--data", "plain.txt"});
  EXPECT_EQ(plain.code, 0) << plain.err;
  ASSERT_EQ(lines_of(plain.out).size(), 2u);
  for (const std::string& line : lines_of(plain.out)) {
    const Json answer = Json::parse(line);
    EXPECT_TRUE(answer.at("label") == "yes" || answer.at("label") == "no");
    EXPECT_EQ(answer.at("logits").size(), 2u);
  }
  for (const char* table : {"labelled.tsv", "bare.tsv", "lines.jsonl"}) {
    EXPECT_EQ(here.cleave({"predict", "run", "--data", table}).out, plain.out) << table;
  }
  const Finished one = here.cleave({"predict", "run", "--text", "good w1 w2"});
  EXPECT_EQ(one.code, 0);
  EXPECT_EQ(Json::parse(one.out).at("label"), Json::parse(lines_of(plain.out)[0]).at("label"));
}

TEST(Use, WrongRunsAndFilesAreRefused) {
  const Workplace here;
  here.simulate("none", {"--set", "federation.rounds=0"});
  here.write("empty.txt", "");
  expect_refused(here.cleave({"eval", "model"}), 2, {"model is not a run directory", "job.toml"});
  expect_refused(here.cleave({"predict", "nowhere", "--text", "x"}), 2, {"nowhere"});
  expect_refused(here.cleave({"predict", "none", "--text", "x"}), 65, {"no complete round"});
  expect_refused(here.cleave({"predict", "none"}), 2, {"--data", "--text"});
  here.simulate("run", {"--set", "federation.rounds=1"});
  expect_refused(here.cleave({"predict", "run", "--data", "nowhere.txt"}), 74, {"nowhere.txt"});
  expect_refused(here.cleave({"predict", "run", "--data", "empty.txt"}), 65, {"empty.txt"});
  std::string state = here.read("run/state.safetensors");
  here.write("run/state.safetensors", state.substr(0, 40));
  expect_refused(here.cleave({"eval", "run"}), 65, {"state.safetensors"});
}

}  // namespace
}  // namespace cleave::testing
