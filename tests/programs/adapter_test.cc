// cleave export and cleave import, and what eval, predict and inspect make of adapters.
#include "tests/programs/workplace.h"

namespace cleave::testing {
namespace {

const Arguments kPooler = {"--set", "cut.pool=pooler", "--set", "cut.tail=0"};

Arguments with(Arguments arguments, const Arguments& more) {
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

// A run that trained LoRA on tiny BERT's own read-out.
void train_lora(const Workplace& here, const std::string& out) {
  here.simulate(out, with(kPooler, {"--set", "tuning.method=lora", "--set", "tuning.rank=2"}));
}

Finished done(const Workplace& here, const Arguments& arguments) {
  Finished result = here.cleave(arguments);
  EXPECT_EQ(result.code, 0) << result.err;
  return result;
}

TEST(Adapters, ARunGoesOutAndComesBackAndSaysTheSame) {
  const Workplace here;
  train_lora(here, "run");
  const Finished out = done(here, {"export", "run", "-o", "adapter"});
  EXPECT_EQ(out.last_line(), "adapter");
  EXPECT_EQ(here.json("adapter/adapter_config.json").at("peft_type"), "LORA");
  done(here, {"import", "adapter", "--model", "model", "-o", "again", "--labels", "no,yes"});
  EXPECT_EQ(done(here, {"eval", "again", "--data", "dev.tsv"}).out,
            done(here, {"eval", "run", "--data", "dev.tsv"}).out);
  const Arguments direct = {"--model", "model", "--adapter", "adapter", "--labels", "no,yes"};
  EXPECT_EQ(done(here, with({"eval", "--data", "dev.tsv"}, direct)).out,
            done(here, {"eval", "run", "--data", "dev.tsv"}).out);
  EXPECT_EQ(done(here, with({"predict", "--text", "good w1"}, direct)).out,
            done(here, {"predict", "run", "--text", "good w1"}).out);
  done(here, {"export", "again", "-o", "twice"});
  EXPECT_EQ(here.read("twice/adapter_model.safetensors"),
            here.read("adapter/adapter_model.safetensors"));
}

TEST(Adapters, AMergedModelIsAModelFolder) {
  const Workplace here;
  train_lora(here, "run");
  done(here, {"export", "run", "--merged", "-o", "merged"});
  const Json config = here.json("merged/config.json");
  EXPECT_EQ(config.at("architectures").at(0), "BertForSequenceClassification");
  EXPECT_EQ(config.at("id2label").at("1"), "yes");
  EXPECT_NE(done(here, {"inspect", "merged"}).out.find("bert model"), std::string::npos);
  EXPECT_TRUE(fs::exists(here.path("merged/vocab.txt")));
}

TEST(Adapters, WhatOnlyAMergedModelHoldsSaysSo) {
  const Workplace here;
  here.simulate("vera", with(kPooler, {"--set", "tuning.method=vera", "--set", "tuning.rank=2"}));
  expect_refused(here.cleave({"export", "vera", "-o", "x"}), 65, {"VERA", "--merged"});
  EXPECT_FALSE(fs::exists(here.path("x")));
  done(here, {"export", "vera", "--merged", "-o", "x"});
}

TEST(Adapters, DeptBesideATailBlockIsMergedAndLeavesItsPrompt) {
  const Workplace here;
  here.simulate("dept", {"--set", "tuning.method=dept", "--set", "tuning.at=peft", "--set",
                         "cut.pool=pooler", "--set", "federation.rounds=1"});
  done(here, {"export", "dept", "--merged", "-o", "merged"});
  EXPECT_EQ(here.json("merged/adapter/adapter_config.json").at("peft_type"), "PROMPT_TUNING");
  const Arguments merged = {"--model", "merged", "--adapter", "merged/adapter"};
  EXPECT_EQ(done(here, with({"predict", "--text", "good w1 w2"}, merged)).out.substr(0, 2),
            done(here, {"predict", "dept", "--text", "good w1 w2"}).out.substr(0, 2));
}

TEST(Adapters, InspectSaysWhatOneHolds) {
  const Workplace here;
  train_lora(here, "run");
  done(here, {"export", "run", "-o", "adapter"});
  const std::string said = done(here, {"inspect", "adapter"}).out;
  for (const char* part : {"LORA", "rank 2, alpha 16", "targets query, value", "lora_A.weight"}) {
    EXPECT_NE(said.find(part), std::string::npos) << part << " in\n" << said;
  }
  done(here, {"import", "adapter", "--model", "model", "-o", "again"});
  EXPECT_NE(done(here, {"inspect", "again"}).out.find("imported"), std::string::npos);
}

TEST(Adapters, AJobGoesOnFromARunOrAnAdapter) {
  const Workplace here;
  train_lora(here, "run");
  done(here, {"export", "run", "-o", "adapter"});
  const Arguments more = with(kPooler, {"--set", "tuning.method=lora", "--set", "tuning.rank=2",
                                        "--set", "federation.rounds=1"});
  here.simulate("from_run", with(more, {"--set", "tuning.init=state:run"}));
  here.simulate("from_adapter", with(more, {"--set", "tuning.init=state:adapter"}));
  here.simulate("fresh", more);
  EXPECT_EQ(here.read("from_run/state.safetensors"), here.read("from_adapter/state.safetensors"));
  EXPECT_NE(here.read("from_run/state.safetensors"), here.read("fresh/state.safetensors"));
  fs::remove_all(here.path("run"));
  done(here, {"eval", "from_run"});
}

TEST(Adapters, WhatCannotBeDoneIsRefused) {
  const Workplace here;
  here.simulate("run");
  expect_refused(here.cleave({"export", "run", "-o", "x"}), 65, {"cut.pool = \"mean\""});
  expect_refused(here.cleave({"export", "run", "--merged", "-o", "x"}), 65, {"pooler"});
  expect_refused(here.cleave({"eval", "run", "--adapter", "x"}), 2, {"--model and --adapter"});
  expect_refused(here.cleave({"eval"}), 2, {"run directory"});
  expect_refused(here.cleave({"import", "nowhere", "--model", "model", "-o", "x"}), 74,
                 {"no adapter at nowhere"});
  EXPECT_FALSE(fs::exists(here.path("x")));
  train_lora(here, "lora");
  expect_refused(here.cleave({"export", "lora", "-o", "model"}), 2, {"not empty"});
}

}  // namespace
}  // namespace cleave::testing
