// Language models by the product's own two sides: golden losses and gradients, what counts as a
// predicted token, and perplexity.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "client/evaluate.h"
#include "client/objective.h"
#include "server/coordinator/record.h"
#include "simulation/whole_model.h"
#include "tests/support/method_case.h"
#include "tests/support/refusal.h"
#include "tests/support/texts.h"
#include "tests/support/tiny_run.h"

namespace cleave::testing {
namespace {

using at::Tensor;

JobInputs language_inputs(const std::string& model, const char* method = "prompt") {
  return method_inputs({method, "peft", model, {1, 0}, "causal_lm"});
}

TEST(LanguageModel, LossAndGradientOfAPromptAreTheStoredOnes) {
  for (const std::string name : {"gpt2", "llama"}) {
    SCOPED_TRACE(name);
    const Golden golden("tiny/" + name + "/" + name + "_split_grads");
    const Texts texts(golden["ids"], golden["mask"]);
    JobInputs inputs = language_inputs(name);
    State state = inputs.parts.initial.clone();
    ASSERT_EQ(state.tensors.size(), 1u) << "nothing of the tail is trained";
    state.tensors[0].second.copy_(golden["prompt"]);
    WholeModel model(inputs.parts, inputs.job, state);
    const StepOutcome outcome = model.step(texts.batch);
    EXPECT_NEAR(outcome.loss, golden["loss"].item<double>(), kActivation);
    EXPECT_LE(
        relative_difference(model.local.parameters().at("prompt").grad(), golden["grad_prompt"]),
        kGradient);
  }
}

TEST(LanguageModel, APromptsLastRowPredictsTheFirstTokenAndNoOtherPromptRowAnything) {
  const Example a{{5, 6, 7}, 3, {}, 0}, b{{8, 9}, 2, {}, 0};
  const NextTokens plain = next_tokens({{3, 2}}, {&a, &b});
  EXPECT_TRUE(at::equal(plain.rows, at::tensor({0, 1, 3}).to(at::kLong)));
  EXPECT_TRUE(at::equal(plain.tokens, at::tensor({6, 7, 9}).to(at::kLong)));
  const NextTokens behind = next_tokens(with_prompt({{3, 2}}, 2, 0), {&a, &b});
  EXPECT_TRUE(at::equal(behind.rows, at::tensor({1, 2, 3, 6, 7}).to(at::kLong)));
  EXPECT_TRUE(at::equal(behind.tokens, at::tensor({5, 6, 7, 8, 9}).to(at::kLong)));
}

// Rows that the tail inserts are rows of the read-out, and no others than at any other cut.
TEST(LanguageModel, LossAndPerplexityDoNotDependOnWhichSideInsertsRows) {
  const auto of = [](const MethodCase& c) {
    const JobInputs inputs = method_inputs(c);
    WholeModel model(inputs.parts, inputs.job, inputs.parts.whole_initial());
    const Batch batch = whole_batch(inputs.train, 4);
    EvalReport report;
    count_batch(report, inputs.parts, model.logits(batch), batch);
    const auto tokens = predicted_tokens(report.work, inputs.parts.form.plan);
    return std::pair{model.step(batch).loss, report.nll_sum / static_cast<double>(tokens)};
  };
  for (const char* model : {"gpt2", "llama"}) {
    for (const auto& [method, at] :
         {std::pair{"deep", "any"}, {"prompt", "2"}, {"prefix", "any"}}) {
      SCOPED_TRACE(std::string(model) + " " + method);
      const auto [loss, nll] = of({method, at, model, {1, 0}, "causal_lm"});
      for (const Cut cut : {Cut{1, 1}, Cut{1, 2}, Cut{0, 2}, Cut{0, 3}}) {
        const auto [other, other_nll] = of({method, at, model, cut, "causal_lm"});
        EXPECT_NEAR(other, loss, 1e-5) << cut.head << " " << cut.tail;
        EXPECT_NEAR(other_nll, nll, 1e-5) << cut.head << " " << cut.tail;
      }
    }
  }
}

TEST(LanguageModel, TrainsWhereAllThatIsTunedLivesInTheBody) {
  const TemporaryFolder folder;
  for (const char* method : {"lora", "prefix", "deep"}) {
    Job job = method_job({method, "any", "gpt2", {0, 0}, "causal_lm"});
    job.federation.rounds = 2;
    JobInputs inputs = method_inputs({method, "any", "gpt2", {0, 0}, "causal_lm"});
    inputs.job = job;
    ASSERT_TRUE(inputs.parts.initial.tensors.empty());
    RunFolder run = RunFolder::create(folder / method, job);
    const Json summary = simulate(inputs, tiny_partition(inputs), run, {});
    EXPECT_EQ(summary.at("status"), "done");
    EXPECT_TRUE(summary.at("bytes").at("equal_to_closed_form"));
  }
}

TEST(LanguageModel, AContinuationStopsBeforeATokenThatEndsATextAndWithThePositions) {
  JobInputs inputs = language_inputs("gpt2");
  const auto continued = [&](std::int64_t tokens) {
    const WholeModel model(inputs.parts, inputs.job, inputs.parts.initial);
    return model.continued(inputs.train.examples[0], tokens);
  };
  inputs.parts.config.end_tokens = {};
  std::vector<std::int32_t> ids = continued(5);
  ASSERT_EQ(ids.size(), 5u);
  inputs.parts.config.end_tokens = {95, ids.back()};
  ids.erase(std::find(ids.begin(), ids.end(), ids.back()), ids.end());
  EXPECT_EQ(continued(5), ids);
  inputs.parts.config.end_tokens = {};
  EXPECT_LE(continued(1000).size() + inputs.train.examples[0].ids.size(), 32u);
}

TEST(LanguageModel, PerplexityIsTheExponentialOfTheMeanLossOverTokens) {
  const JobInputs inputs = language_inputs("gpt2");
  const WholeModel model(inputs.parts, inputs.job, inputs.parts.initial);
  const Batch batch = whole_batch(inputs.train, 4);
  EvalReport report;
  const Tensor logits = model.logits(batch);
  count_batch(report, inputs.parts, logits, batch);
  Evaluation evaluation;
  evaluation.tokens = predicted_tokens(report.work, inputs.parts.form.plan);
  evaluation.clients.push_back({"one", report, {}});
  std::uint64_t tokens = 0;
  for (const Example* text : batch) tokens += text->ids.size();
  EXPECT_EQ(*evaluation.tokens, tokens - batch.size()) << "all but the first, prompt or not";
  const Layout layout = inputs.parts.form.read_out(text_layout(*inputs.parts.head.embedder, batch));
  const NextTokens next = later_tokens(layout, batch);
  const double loss =
      at::cross_entropy_loss(logits.index_select(0, next.rows), next.tokens).item<double>();
  EXPECT_NEAR(evaluation_json(evaluation, {}).at("perplexity").get<double>() / std::exp(loss), 1,
              1e-6);
}

TEST(LanguageModel, IsRefusedWhereRowsSeeWhatTheyWouldPredict) {
  const std::string why = refusal<DataError>([] {
    method_inputs({"prompt", "input", "bert", {1, 0}, "causal_lm"});
  });
  EXPECT_NE(why.find("see what they would predict"), std::string::npos) << why;
}

}  // namespace
}  // namespace cleave::testing
