// Wrong jobs and data: what was wrong, where, what to do, and the exit code.
#include <cstring>
#include <limits>

#include "common/base/safetensors.h"
#include "tests/programs/workplace.h"

namespace cleave::testing {
namespace {

// The job with one line changed, run.
Finished with(const Workplace& here, const std::string& from, const std::string& to) {
  std::string text = Workplace::job_text();
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  here.write("job.toml", text);
  return here.cleave({"simulate", "job.toml", "--out", "run"});
}

Finished setting(const Workplace& here, const Arguments& settings) {
  Arguments arguments = {"simulate", "job.toml", "--out", "run"};
  for (const std::string& s : settings) {
    arguments.push_back("--set");
    arguments.push_back(s);
  }
  return here.cleave(arguments);
}

TEST(ConfigError, NamesFileLineKeyExpectationAndTheNearestKey) {
  const Workplace here;
  expect_refused(with(here, "batch = 4", "batsh = 4"), 65,
                 {"job.toml:10: unknown key \"optimizer.batsh\"", "did you mean optimizer.batch?",
                  "docs/job.md"});
  expect_refused(with(here, "batch = 4", "batch = \"4\""), 65,
                 {"job.toml:10: optimizer.batch: expected an integer from 1 to 1048576", "'4'"});
  expect_refused(with(here, "batch = 4", "batch = 0"), 65,
                 {"job.toml:10", "from 1 to 1048576", "found 0"});
  expect_refused(with(here, "seed = 3", "seed = 3\npreset = \"sfprompt\""), 65,
                 {"job.toml:2: preset: expected", "\"sfprompt-reconstructed\"", "\"sfprompt\""});
  expect_refused(with(here, "seed = 3", "seed = = 3"), 65, {"job.toml:1: not valid TOML"});
  EXPECT_FALSE(fs::exists(here.path("run"))) << "a job that is refused leaves nothing behind";
}

TEST(ConfigError, WhatNoSingleKeyExpressesIsCheckedToo) {
  const Workplace here;
  expect_refused(
      setting(here, {"cut.head=0", "cut.tail=0", "cut.pool=cls", "phases.bypass_epochs=1"}), 65,
      {"job.toml: cut.head = 0", "bypass", "cut.pool = \"mean\""});
  expect_refused(setting(here, {"phases.keep=0"}), 65, {"job.toml: phases.keep"});
  expect_refused(setting(here, {"federation.per_round=9"}), 65,
                 {"federation.per_round = 9", "clients, 3", "lower it"});
  expect_refused(setting(here, {"cut.head=9"}), 65, {"cut.head = 9", "the model has 4"});
  expect_refused(setting(here, {"tuning.tokens=1000"}), 65, {"tuning.tokens = 1000", "48"});
  expect_refused(setting(here, {"model.path=nothing"}), 74,
                 {"no model folder at", "nothing", "config.json"});
}

TEST(ConfigError, MissingFilesAreNamedWithTheirKey) {
  const Workplace here;
  expect_refused(here.cleave({"simulate", "nojob.toml"}), 74, {"nojob.toml", "No such file"});
  expect_refused(setting(here, {"data.train=nope.tsv"}), 74, {"data.train", "nope.tsv"});
  expect_refused(setting(here, {"data.dev=nope.tsv"}), 74, {"data.dev", "nope.tsv"});
  expect_refused(setting(here, {"data.test="}), 65, {"eval.test needs data.test"});
  expect_refused(setting(here, {"federation.partition=file:nope.json"}), 74, {"nope.json"});
}

TEST(ConfigError, DataErrorsNameFileAndLine) {
  const Workplace here;
  here.write("bad.tsv", "good film\tyes\nbad film\tmaybe\n");
  expect_refused(setting(here, {"data.dev=bad.tsv"}), 65,
                 {"bad.tsv:2", "\"maybe\"", "expected no or yes", "0 to 1"});
  here.write("bad.tsv", "good film\t2\n");
  expect_refused(setting(here, {"data.dev=bad.tsv"}), 65, {"bad.tsv:1", "\"2\"", "0 to 1"});
  here.write("bad.tsv", "");
  expect_refused(setting(here, {"data.dev=bad.tsv"}), 65, {"bad.tsv holds no rows"});
  here.write("bad.tsv", "one\ttwo\tthree\tfour\n");
  expect_refused(setting(here, {"data.dev=bad.tsv"}), 65,
                 {"bad.tsv:1", "4 columns", "data.columns"});
  here.write("bad.csv", "text,sentiment\ngood,yes\n");
  expect_refused(setting(here, {"data.train=bad.csv", "data.header=true"}), 65,
                 {"bad.csv:1: no column \"label\"", "text or sentiment", "data.columns"});
}

TEST(ConfigError, PathsInAJobAreRelativeToItAlsoInAPartition) {
  const Workplace here;
  fs::create_directory(here.path("elsewhere"));
  Process run(program("cleave"), {"simulate", "../job.toml", "--out", "run"},
              here.path("elsewhere"));
  const Finished result = run.wait();
  EXPECT_EQ(result.code, 0) << result.err;
}

TEST(ConfigError, ABaseModelThatAsksForCodeOrIsDamagedIsRefused) {
  const Workplace here;
  const std::string config = here.read("model/config.json");
  const std::string rest = config.substr(config.find('{') + 1);
  here.write("model/config.json", R"({"auto_map": {"AutoModel": "modeling.Mine"},)" + rest);
  expect_refused(
      setting(here, {}), 65,
      {"model/config.json", "\"auto_map\"", "Cleave runs none", "the model does without"});
  here.write("model/config.json", R"({"hidden_size": 32,)" + rest);
  expect_refused(setting(here, {}), 65, {"model/config.json", "\"hidden_size\" twice"});
  here.write("model/config.json", config);

  std::string weights = here.read("model/model.safetensors");
  const std::string name = "encoder.layer.0.output.dense.weight";
  const TensorInfo at = parse_safetensors_header(std::as_bytes(std::span(weights)), weights.size())
                            .tensors.at("bert." + name);
  const float bad = std::numeric_limits<float>::quiet_NaN();
  std::memcpy(weights.data() + at.begin, &bad, sizeof bad);
  here.write("model/model.safetensors", weights);
  expect_refused(setting(here, {}), 65,
                 {"model/model.safetensors", name, "NaN or infinite", "fetch it again"});
  EXPECT_FALSE(fs::exists(here.path("run")));
}

TEST(ConfigError, DivergedTrainingSaysSo) {
  const Workplace here;
  expect_refused(setting(here, {"optimizer.lr_prompt=1e30"}), 69,
                 {"round", "0 updates", "NaN", "lower optimizer.lr_prompt"});
  EXPECT_EQ(here.json("run/summary.json").at("status"), "failed");
}

}  // namespace
}  // namespace cleave::testing
