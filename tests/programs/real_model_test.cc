// The programs on real weights and real sentences, where both are there: MiniLM in models/minilm
// and SST-2 in ../shared, a checkout of the fixtures beside the repository.
#include "tests/programs/workplace.h"

namespace cleave::testing {
namespace {

TEST(RealModel, APricedJobTakesWhatWasSaidAndItsResultCanBeUsed) {
  const fs::path root = CLEAVE_SOURCE_DIR, sst2 = root.parent_path() / "shared/data/sst2";
  if (!fs::exists(root / "models/minilm/model.safetensors")) GTEST_SKIP() << "no models/minilm";
  if (!fs::exists(sst2)) GTEST_SKIP() << "no ../shared/data/sst2";
  const Workplace here;
  const auto first = [&](const char* name, int count) {
    std::istringstream in(read_file(sst2 / name, 64 << 20));
    std::string text, line;
    for (int i = 0; i < count && std::getline(in, line); ++i) text += line + "\n";
    here.write(std::string("real-") + name, text);
  };
  first("train.tsv", 200);
  first("dev.tsv", 64);
  here.write("job.toml", "[model]\npath = \"" + (root / "models/minilm").string() +
                             "\"\n[data]\ntrain = \"real-train.tsv\"\ndev = \"real-dev.tsv\"\n"
                             "labels = [\"negative\", \"positive\"]\n"
                             "[federation]\nclients = 4\nper_round = 2\nrounds = 2\n");
  const Finished cost = here.cleave({"cost", "job.toml"});
  EXPECT_EQ(cost.code, 0) << cost.err;
  here.simulate("run");
  const Json summary = here.json("run/summary.json");
  EXPECT_EQ(summary.at("bytes").at("equal_to_closed_form"), true);
  const std::string total = std::to_string(summary.at("bytes").at("total").get<std::int64_t>());
  EXPECT_NE(cost.out.find(total), std::string::npos) << cost.out << total;
  const Finished answer = here.cleave({"predict", "run", "--text", "a gorgeous film"});
  EXPECT_EQ(answer.code, 0) << answer.err;
  EXPECT_TRUE(Json::parse(answer.out).contains("label"));
}

}  // namespace
}  // namespace cleave::testing
