// The bypass, and what a client refuses.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "client/local_model.h"
#include "common/base/error.h"
#include "common/tuning/prompt_init.h"
#include "tests/support/refusal.h"
#include "tests/support/tiny_job.h"

namespace cleave::testing {
namespace {

using at::Tensor;

TEST(JobParts, ACausalModelRefusesAPromptThatItsFirstRowCannotSee) {
  for (const char* name : {"gpt2", "llama"}) {
    Job job = tiny_job(1, 0);
    job.model.path = (golden_folder() / "tiny" / name).string();
    const std::string why = refusal<DataError>([&] { tiny_inputs(job); });
    EXPECT_NE(why.find("leaves that row blind to it"), std::string::npos) << why;
  }
}

TEST(Bypass, DifferentTextsGiveDifferentLogitsAndMoveThePrompt) {
  const JobInputs inputs = tiny_inputs(tiny_job(1, 0));
  State state = inputs.parts.initial.clone();
  state.tensors[2].second.normal_();  // tail.classifier.weight
  ASSERT_EQ(state.tensors[2].first, "tail.classifier.weight");
  LocalModel local(inputs.parts, inputs.job, state);
  const Batch batch = whole_batch(inputs.train, 2);
  const Tensor logits = local.bypass_logits(batch, false);
  EXPECT_GT(max_difference(logits[0], logits[1]), 1e-3);
  local.bypass_step(batch);
  EXPECT_GT(local.parameters().at("prompt").grad().norm().item<double>(), 0);
}

TEST(Bypass, ScoringSeesThePromptOnlyWhereItIsAsked) {
  const JobInputs inputs = tiny_inputs(tiny_job(1, 0));
  State state = inputs.parts.initial.clone();
  state.tensors[2].second.normal_();
  const LocalModel local(inputs.parts, inputs.job, state);
  const Batch batch = whole_batch(inputs.train, 2);
  EXPECT_GT(max_difference(local.bypass_logits(batch, false), local.bypass_logits(batch, true)),
            1e-4);
}

TEST(Prompt, SitsAfterRowZeroOfEverySample) {
  const Tensor text = at::arange(5, at::kFloat).view({5, 1});
  const Tensor prompt = at::full({2, 1}, 9, at::kFloat);
  const Rows rows = insert_rows({text, std::make_shared<Layout>(Layout{{3, 2}})}, prompt, 1);
  const Tensor expected = at::tensor({0.f, 9.f, 9.f, 1.f, 2.f, 3.f, 9.f, 9.f, 4.f}).view({9, 1});
  EXPECT_TRUE(at::equal(rows.x, expected));
  EXPECT_EQ(*rows.layout, (Layout{{5, 4}, 2}));
}

TEST(Prompt, IsAFunctionOfTheSeed) {
  const JobInputs inputs = tiny_inputs(tiny_job());
  Job other = inputs.job;
  other.seed = 2;
  TuningContext context = tuning_context(inputs.parts, inputs.job);
  TuningContext second = tuning_context(inputs.parts, other);
  context.embedder = second.embedder = inputs.parts.head.embedder.get();
  EXPECT_TRUE(at::equal(initial_rows(context, 4, false), initial_rows(context, 4, false)));
  EXPECT_FALSE(at::equal(initial_rows(context, 4, false), initial_rows(second, 4, false)));
}

TEST(Parts, ACutDeeperThanTheModelIsRefusedWithBothNumbers) {
  try {
    tiny_inputs(tiny_job(3, 2));
    FAIL() << "must be refused";
  } catch (const DataError& error) {
    EXPECT_NE(std::string(error.what()).find("need 5 blocks, the model has 4"), std::string::npos)
        << error.what();
  }
}

TEST(Parts, ATokenOutsideTheVocabularyIsRefused) {
  const JobInputs inputs = tiny_inputs(tiny_job());
  LocalModel local(inputs.parts, inputs.job, inputs.parts.initial);
  const Example stranger{{101, 5000}, 2, {}, 0};
  EXPECT_THROW(local.begin({&stranger}), DataError);
}

}  // namespace
}  // namespace cleave::testing
