// A merged folder computes, without anything that acts beside it, what the job computes.
#include <gtest/gtest.h>

#include "common/peft/merge.h"
#include "tests/peft/exported.h"
#include "tests/support/refusal.h"

namespace cleave::testing {
namespace {

// The folder as a model of its own: nothing is tuned but a tail that begins as the folder's.
at::Tensor merged_logits(const fs::path& folder, const Batch& batch) {
  const Model model = open_model(folder);
  const Cut cut{model.config.layers, 0};
  const auto labels = static_cast<std::int64_t>(model.config.labels.size());
  State tail;
  add_initial_tail(tail, model, cut, {Pool::kPooler, labels});
  const Rows rows = make_head(model, cut, Precision::kFp32)(batch);
  return tail_over(tail, model.config, *model.architecture, cut, {Pool::kPooler, labels},
                   frozen_weights(model, Precision::kFp32))(rows.x, *rows.layout);
}

void expect_merged(const ExportCase& c, const Cut& cut = {1, 0}) {
  SCOPED_TRACE(text_of(c));
  const TemporaryFolder folder;
  const Trained trained(c, [&](Job& job) {
    job.cut.head = cut.head;
    job.cut.tail = cut.tail;
  });
  write_merged_folder(trained.inputs.model, trained.context(), trained.state, {"no", "yes"},
                      folder / "out");
  EXPECT_LE(max_difference(merged_logits(folder / "out", trained.batch()), trained.logits()), 2e-5);
  EXPECT_EQ(open_model(folder / "out").config.labels, (std::vector<std::string>{"no", "yes"}));
}

TEST(Merge, GivesTheJobsLogitsForEveryMethodThatChangesWeights) {
  for (const char* model : {"bert", "roberta", "gpt2", "llama", "vit"}) {
    for (const char* method : {"lora", "svfit", "ia3", "norm", "bitfit", "difffit", "vera"}) {
      if (std::string(model) == "llama" && std::string(method) == "bitfit") continue;
      expect_merged({method, model});
    }
  }
}

TEST(Merge, GivesTheJobsLogitsForSeveralMethodsAtOnce) {
  expect_merged({"lora+ia3+bitfit", "bert", "all", {"output.dense", "value"}});
  expect_merged({"ia3+lora+difffit", "gpt2", "all", {"c_attn", "mlp.c_proj"}});
  expect_merged({"lora+vera", "bert"});
}

TEST(Merge, TakesTheChangesOfTheBaseThatAnAggregationMadeAndNoAdapterDoes) {
  for (const char* rule : {"stacking", "residual"}) {
    for (const char* model : {"bert", "gpt2"}) {
      const TemporaryFolder folder;
      const Trained trained({"lora", model}, [&](Job& job) { job.federation.aggregation = rule; });
      ASSERT_TRUE(std::any_of(
          trained.state.tensors.begin(), trained.state.tensors.end(),
          [](const auto& entry) { return entry.first.find(".base") != std::string::npos; }));
      write_merged_folder(trained.inputs.model, trained.context(), trained.state, {"no", "yes"},
                          folder / "out");
      EXPECT_LE(max_difference(merged_logits(folder / "out", trained.batch()), trained.logits()),
                2e-5);
      const std::string why =
          refusal([&] { write_adapter(trained.context(), trained.state, folder / "no"); });
      EXPECT_NE(why.find("export with --merged"), std::string::npos) << why;
    }
  }
}

TEST(Merge, TakesTheTailsBlocksAlong) { expect_merged({"lora", "bert"}, {1, 1}); }

// The merged model with the prompt that DePT leaves beside it.
void expect_dept_merged(const ExportCase& c, const Cut& cut = {1, 0}) {
  SCOPED_TRACE(text_of(c));
  const TemporaryFolder folder;
  const Trained trained(c, [&](Job& job) { job.cut.tail = cut.tail; });
  write_merged_folder(trained.inputs.model, trained.context(), trained.state, {"no", "yes"},
                      folder / "out");
  const Adapter prompt = read_adapter(open_model(folder / "out"), folder / "out/adapter");
  EXPECT_LE(max_difference(adapter_logits(prompt, trained.batch()), trained.logits()), 2e-5);
}

TEST(Merge, FoldsDeptIntoTheTableOfPositionsAndLeavesItsPrompt) {
  for (const char* model : {"bert", "roberta", "gpt2"}) {
    expect_dept_merged({"dept", model});
  }
}

TEST(Merge, FoldsDeptBesideLoraInEitherOrder) {
  std::map<std::string, at::Tensor> first;
  for (const char* method : {"dept+lora", "lora+dept"}) {
    expect_dept_merged({method, "bert"});
    expect_dept_merged({method, "gpt2"});
    const Trained trained(ExportCase{method, "bert"});
    const auto merged = merged_tensors(trained.context(), trained.state);
    if (first.empty()) first = merged;
    ASSERT_EQ(merged.size(), first.size());
    for (const auto& [name, tensor] : merged) EXPECT_TRUE(tensor.equal(first.at(name))) << name;
  }
}

TEST(Merge, FoldsDeptBesideTailBlocks) {
  expect_dept_merged({"dept", "bert"}, {1, 1});
  expect_dept_merged({"dept", "gpt2"}, {1, 1});
}

TEST(Merge, DeptWithoutATableOrElsewhereIsRefused) {
  const TemporaryFolder folder;
  const auto said = [&](const Trained& trained) {
    return refusal([&] {
      write_merged_folder(trained.inputs.model, trained.context(), trained.state, {"no", "yes"},
                          folder / "out");
    });
  };
  EXPECT_NE(said(Trained(ExportCase{"dept", "llama"})).find("no table of positions"),
            std::string::npos);
  const Trained input(ExportCase{"dept", "bert"}, [](Job& job) { job.tuning.at = "input"; });
  EXPECT_NE(said(input).find("tuning.at = \"input\""), std::string::npos);
  EXPECT_FALSE(fs::exists(folder / "out"));
}

TEST(Merge, APromptIsRefused) {
  const TemporaryFolder folder;
  for (const char* method : {"prompt", "prefix", "p_tuning", "deep"}) {
    const Trained trained(ExportCase{method, "bert"});
    const std::string said = refusal([&] {
      write_merged_folder(trained.inputs.model, trained.context(), trained.state, {"no", "yes"},
                          folder / "out");
    });
    EXPECT_NE(said.find("cannot be merged"), std::string::npos) << method << ": " << said;
    EXPECT_FALSE(fs::exists(folder / "out"));
  }
}

}  // namespace
}  // namespace cleave::testing
