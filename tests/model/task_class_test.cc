// The read-outs of task classes, against logits that those classes gave.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>

#include "common/base/error.h"
#include "common/model/model_lock.h"
#include "common/tuning/tuned_tail.h"
#include "tests/support/golden.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/texts.h"

namespace cleave::testing {
namespace {

using at::Tensor;

Tensor task_logits(
    const Model& model, const Texts& texts, std::int64_t labels,
    const std::function<void(State&)>& change = [](State&) {}) {
  const Cut cut{model.config.layers, 0};
  const Head head = make_head(model, cut, Precision::kFp32);
  State state;
  add_initial_tail(state, model, cut, {Pool::kPooler, labels});
  change(state);
  const Tail tail = tail_over(state, model.config, *model.architecture, cut,
                              {Pool::kPooler, labels}, frozen_weights(model, Precision::kFp32));
  const Rows rows = head(texts.batch);
  return tail(rows.x, *rows.layout);
}

State initial_tail(const std::string& name, std::int64_t labels) {
  State state;
  const Model model = open_model(golden_folder() / "tiny" / name);
  add_initial_tail(state, model, {1, 0}, {Pool::kPooler, labels});
  return state;
}

TEST(TaskClass, OfTinyBertAndRobertaGivesTheTaskClassesLogits) {
  for (const std::string name : {"bert", "roberta"}) {
    SCOPED_TRACE(name);
    const Golden golden("tiny/" + name + "/io");
    const Model model = open_model(golden_folder() / "tiny" / name);
    const Texts texts(golden["ids"], golden["mask"]);
    EXPECT_LE(max_difference(task_logits(model, texts, golden["logits"].size(1)), golden["logits"]),
              kActivation);
  }
}

TEST(TaskClass, OfMiniLmGivesTheTaskClassesLogits) {
  const fs::path shared = fs::path(CLEAVE_SOURCE_DIR) / ".." / "shared/golden";
  if (!has_minilm()) GTEST_SKIP() << "needs models/minilm: run scripts/fetch-minilm";
  if (!fs::exists(shared)) GTEST_SKIP() << "needs ../shared";
  const Golden golden((shared / "peft_minilm/logits").string());
  const Texts texts(golden["ids"], golden["mask"]);
  const Tensor logits = task_logits(open_model(minilm_folder()), texts, 2, [&](State& state) {
    for (const std::string part : {"weight", "bias"}) {
      state.at("tail.classifier." + part).copy_(golden["base_classifier." + part]);
    }
  });
  EXPECT_LE(max_difference(logits, golden["logits_base"]), kActivation);
}

TEST(TaskClass, TrainsWhatTheTaskClassTrains) {
  EXPECT_FALSE(initial_tail("bert", 2).has("tail.pooler.dense.weight"));
  EXPECT_TRUE(initial_tail("roberta", 3).has("tail.classifier.dense.weight"));
  EXPECT_FALSE(initial_tail("gpt2", 2).has("tail.classifier.bias"));
  EXPECT_FALSE(initial_tail("llama", 2).has("tail.classifier.bias"));
}

TEST(TaskClass, BeginsAsTheCheckpointsClassifierWhereItHasOneOfThatSize) {
  EXPECT_NE(initial_tail("bert", 2).at("tail.classifier.weight").abs().sum().item<double>(), 0);
  EXPECT_EQ(initial_tail("bert", 5).at("tail.classifier.weight").abs().sum().item<double>(), 0);
  EXPECT_EQ(initial_tail("gpt2", 2).at("tail.classifier.weight").abs().sum().item<double>(), 0);
}

TEST(TaskClass, ReadsTheLastRowOfACausalModel) {
  const Model model = open_model(golden_folder() / "tiny" / "gpt2");
  const Golden golden("tiny/gpt2/io");
  const Texts texts(golden["ids"], golden["mask"]);
  const Tensor logits = task_logits(model, texts, 32, [](State& state) {
    state.at("tail.classifier.weight").copy_(at::eye(32));
  });
  for (std::int64_t i = 0; i < 2; ++i) {
    const std::int64_t last = golden["mask"][i].sum().item<std::int64_t>() - 1;
    EXPECT_LE(max_difference(logits[i], golden["final_norm_out"][i][last]), kActivation);
  }
}

TEST(TaskClass, ASliceHoldsItAndOneWithoutItIsRefused) {
  const TemporaryFolder folder;
  const Model model = open_model(golden_folder() / "tiny" / "bert");
  write_slice(model, {1, 0}, folder / "with", Pool::kPooler);
  write_slice(model, {1, 0}, folder / "without");
  State state;
  const Model with = open_model(folder / "with"), without = open_model(folder / "without");
  EXPECT_EQ(verify_model(with).hash, verify_model(model).hash);
  add_initial_tail(state, with, {1, 0}, {Pool::kPooler, 2});
  try {
    add_initial_tail(state, without, {1, 0}, {Pool::kPooler, 2});
    FAIL() << "not refused";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("has no pooler.dense"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find("--pool pooler"), std::string::npos);
  }
}

}  // namespace
}  // namespace cleave::testing
