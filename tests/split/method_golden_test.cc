// Prompts and DePT against what the reference implementation stored: losses, and gradients of all
// that is trained, by the product's own two sides.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "simulation/whole_model.h"
#include "tests/support/method_case.h"
#include "tests/support/texts.h"

namespace cleave::testing {
namespace {

using at::Tensor;

struct Stored {
  std::string model, fixture;
};

std::vector<Stored> stored_for(const char* what) {
  return {{(golden_folder() / "tiny" / "bert").string(), std::string("tiny/bert/bert_") + what},
          {minilm_folder().string(), std::string("minilm_") + what}};
}

// Trains one step from the fixture's values on its batch.
WholeModel stepped(const JobInputs& inputs, const Golden& golden,
                   const std::map<std::string, std::string>& names) {
  State state = inputs.parts.whole_initial().clone();
  for (const auto& [own, stored] : names) {
    for (auto& [name, tensor] : state.tensors) {
      if (name == own) tensor.copy_(golden[stored]);
    }
  }
  WholeModel model(inputs.parts, inputs.job, state);
  Texts texts(golden["ids"], golden["mask"]);
  for (std::size_t i = 0; i < texts.examples.size(); ++i) {
    texts.examples[i].label = golden["labels"][static_cast<std::int64_t>(i)].item<std::int32_t>();
  }
  EXPECT_LE(max_difference(model.logits(texts.batch), golden["logits"]), kActivation);
  const StepOutcome outcome = model.step(texts.batch);
  EXPECT_NEAR(outcome.loss, golden["loss"].item<double>(), kActivation);
  return model;
}

void expect_gradient(const WholeModel& model, const std::string& name, const Tensor& expected) {
  EXPECT_LE(relative_difference(model.local.parameters().at(name).grad(), expected), kGradient)
      << name;
}

const std::map<std::string, std::string> kTailNames = {{"tail.classifier.weight", "tail_weight"},
                                                       {"tail.classifier.bias", "tail_bias"}};

TEST(MethodGolden, DeptGivesTheStoredLogitsAndGradients) {
  for (const auto& [folder, fixture] : stored_for("dept_grads")) {
    if (!fs::exists(folder)) continue;  // MiniLM's weights are fetched apart
    SCOPED_TRACE(fixture);
    const Golden golden(fixture);
    Job job = method_job({"dept", "input", "bert", {1, 0}});
    job.model.path = folder;
    job.tuning.tokens = golden["prompt"].size(0);
    job.tuning.rank = golden["A"].size(1);
    job.data.max_length = golden["A"].size(0);
    const JobInputs inputs = tiny_inputs(job);
    auto names = kTailNames;
    names.insert({{"prompt", "prompt"}, {"dept.A", "A"}, {"dept.B", "B"}});
    const WholeModel model = stepped(inputs, golden, names);
    expect_gradient(model, "prompt", golden["grad_prompt"]);
    expect_gradient(model, "dept.A", golden["grad_A"]);
    expect_gradient(model, "dept.B", golden["grad_B"]);
    expect_gradient(model, "tail.classifier.weight", golden["grad_tail_weight"]);
    expect_gradient(model, "tail.classifier.bias", golden["grad_tail_bias"]);
  }
}

TEST(MethodGolden, APromptAtTheCutGivesTheStoredLogitsAndGradients) {
  for (const auto& [folder, fixture] : stored_for("split_grads_cut")) {
    if (!fs::exists(folder)) continue;
    SCOPED_TRACE(fixture);
    const Golden golden(fixture);
    Job job = method_job({"prompt", "cut", "bert", {2, 0}});
    job.model.path = folder;
    job.tuning.tokens = golden["prompt"].size(0);
    job.data.max_length = 16;
    const JobInputs inputs = tiny_inputs(job);
    auto names = kTailNames;
    names.insert({"prompt", "prompt"});
    const WholeModel model = stepped(inputs, golden, names);
    expect_gradient(model, "prompt", golden["grad_prompt"]);
    expect_gradient(model, "tail.classifier.weight", golden["grad_tail_weight"]);
  }
}

}  // namespace
}  // namespace cleave::testing
