// GPT-2 and Llama against a split step of the reference: a prompt in front of the words, the
// language model's own head, and the gradient of every message.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "common/model/model.h"
#include "tests/support/golden.h"
#include "tests/support/texts.h"

namespace cleave::testing {
namespace {

using at::Tensor;

// Prompt and words of every sample, with learned positions where the model has them: (R, D).
Tensor prompted(const Model& model, Precision precision, const Texts& texts, const Tensor& prompt) {
  const WeightSource weights = frozen_weights(model, precision);
  const bool learned = model.checkpoint.has("wpe.weight");
  const auto& c = model.config;
  const Tensor words =
      weights(learned ? "wte.weight" : "embed_tokens.weight", {c.vocabulary, c.hidden});
  std::vector<Tensor> rows;
  for (const Example& example : texts.examples) {
    const Tensor ids = at::tensor(example.ids).to(at::kLong);
    Tensor sample = at::cat({prompt, words.index_select(0, ids)});
    if (learned) {
      sample = sample + weights("wpe.weight", {c.positions, c.hidden}).narrow(0, 0, sample.size(0));
    }
    rows.push_back(sample);
  }
  return at::cat(rows);
}

// Mean cross entropy of each row's next label; -100 counts for nothing.
Tensor next_token_loss(const Tensor& logits, const Tensor& labels, const Layout& layout) {
  std::vector<Tensor> predicted, wanted;
  std::int64_t row = 0;
  for (std::int64_t i = 0; i < layout.samples(); ++i) {
    const std::int64_t n = layout.lengths[static_cast<std::size_t>(i)];
    predicted.push_back(logits.narrow(0, row, n - 1));
    wanted.push_back(labels[i].narrow(0, 1, n - 1));
    row += n;
  }
  return at::cross_entropy_loss(at::cat(predicted), at::cat(wanted));
}

class CausalGolden : public ::testing::TestWithParam<std::tuple<std::string, Precision>> {};

INSTANTIATE_TEST_SUITE_P(Models, CausalGolden,
                         ::testing::Combine(::testing::Values("gpt2", "llama"),
                                            ::testing::Values(Precision::kFp32, Precision::kFp64)),
                         [](const auto& info) {
                           return std::get<0>(info.param) +
                                  (std::get<1>(info.param) == Precision::kFp32 ? "Fp32" : "Fp64");
                         });

TEST_P(CausalGolden, ASplitStepGivesTheStoredMessagesAndGradients) {
  const auto& [name, precision] = GetParam();
  const Model model = open_model(golden_folder() / "tiny" / name);
  const Golden golden("tiny/" + name + "/" + name + "_split_grads");
  const Texts texts(golden["ids"], golden["mask"]);
  const Tensor mask = golden["mask_with_prompt"];
  const Cut cut{1, 0};
  const Head head = make_head(model, cut, precision);
  const Body body = make_body(model, cut, precision);
  const WeightSource weights = frozen_weights(model, precision);
  const Norm norm = model.architecture->make_final_norm(model.config, weights);
  const Tensor words = weights(name == "gpt2" ? "wte.weight" : "lm_head.weight",
                               {model.config.vocabulary, model.config.hidden});

  const Tensor prompt = golden["prompt"].to(scalar_type(precision)).requires_grad_(true);
  Layout layout;
  for (const Example& example : texts.examples) {
    layout.lengths.push_back(prompt.size(0) + static_cast<std::int64_t>(example.ids.size()));
  }
  const Tensor smashed = head(prompted(model, precision, texts, prompt), layout);
  EXPECT_LE(max_difference(smashed, valid_rows(golden["msg1_smashed"], mask)), kActivation);
  const Tensor received = smashed.detach().requires_grad_(true);
  const Tensor features = body(received, layout);
  EXPECT_LE(max_difference(features, valid_rows(golden["msg2_body_out"], mask)), kActivation);

  const Tensor leaf = features.detach().requires_grad_(true);
  const Tensor logits = at::linear(norm(leaf), words);
  EXPECT_LE(max_difference(logits, valid_rows(golden["logits"], mask)), kActivation);
  const Tensor loss = next_token_loss(logits, golden["labels"], layout);
  EXPECT_NEAR(loss.item<double>(), golden["loss"].item<double>(), kActivation);

  loss.backward();
  EXPECT_LE(relative_difference(leaf.grad(), valid_rows(golden["msg3_dbody_out"], mask)),
            kGradient);
  features.backward(leaf.grad());
  EXPECT_LE(relative_difference(received.grad(), valid_rows(golden["msg4_dsmashed"], mask)),
            kGradient);
  smashed.backward(received.grad());
  EXPECT_LE(relative_difference(prompt.grad(), golden["grad_prompt"]), kGradient);
}

}  // namespace
}  // namespace cleave::testing
