// The models against fixtures that the reference implementations made: activations, the four
// messages of a split step, and gradients. Tolerances are those of tests/golden's JSON files.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "common/model/model.h"
#include "common/model/vit_embedder.h"
#include "tests/support/golden.h"
#include "tests/support/texts.h"

namespace cleave::testing {
namespace {

using at::Tensor;

constexpr double kKeyBias = 1e-6;  // the true gradient is 0: a relative check has no meaning

// Weights that require gradients, so that a tuned tail can be compared.
WeightSource trainable_weights(const Model& model, Precision precision,
                               std::map<std::string, Tensor>& used, const Golden& golden) {
  const WeightSource stored = frozen_weights(model, precision);
  return [&used, &golden, stored, precision](const std::string& name,
                                             const std::vector<std::int64_t>& shape) {
    Tensor value;
    if (name == "classifier.weight") {
      value = golden["tail_weight"];
    } else if (name == "classifier.bias") {
      value = golden["tail_bias"];
    } else {
      value = stored(name, shape).clone();
    }
    value = value.to(scalar_type(precision));
    used[name] = value.requires_grad_(true);
    return value;
  };
}

// A split step in four pieces, each with its own graph, against the stored messages.
void expect_split_step(const Model& model, Precision precision, const Cut& cut,
                       const Golden& golden, const Tensor& text, const Layout& layout,
                       std::int64_t labels) {
  const Head head = make_head(model, cut, precision);
  const Body body = make_body(model, cut, precision);
  std::map<std::string, Tensor> tuned;
  const Tail tail = make_tail(model.config, *model.architecture, cut, {Pool::kMean, labels},
                              trainable_weights(model, precision, tuned, golden));
  const Tensor mask = golden["mask_with_prompt"];
  const Tensor prompt = golden["prompt"].to(scalar_type(precision)).requires_grad_(true);

  const Rows rows = insert_rows({text, std::make_shared<Layout>(layout)}, prompt, 1);
  const Tensor smashed = head(rows.x, *rows.layout);
  EXPECT_LE(max_difference(smashed, valid_rows(golden["msg1_smashed"], mask)), kActivation);

  const Tensor received = smashed.detach().requires_grad_(true);
  const Tensor features = body(received, *rows.layout);
  EXPECT_LE(max_difference(features, valid_rows(golden["msg2_body_out"], mask)), kActivation);

  const Tensor leaf = features.detach().requires_grad_(true);
  const Tensor logits = tail(leaf, *rows.layout);
  const Tensor loss = at::cross_entropy_loss(logits, golden["labels"]);
  EXPECT_LE(max_difference(logits, golden["logits"]), kActivation);
  EXPECT_NEAR(loss.item<double>(), golden["loss"].item<double>(), kActivation);

  loss.backward();
  EXPECT_LE(relative_difference(leaf.grad(), valid_rows(golden["msg3_dbody_out"], mask)),
            kGradient);
  features.backward(leaf.grad());
  EXPECT_LE(relative_difference(received.grad(), valid_rows(golden["msg4_dsmashed"], mask)),
            kGradient);
  smashed.backward(received.grad());
  EXPECT_LE(relative_difference(prompt.grad(), golden["grad_prompt"]), kGradient);
  EXPECT_LE(relative_difference(tuned.at("classifier.weight").grad(), golden["grad_tail_weight"]),
            kGradient);
  EXPECT_LE(relative_difference(tuned.at("classifier.bias").grad(), golden["grad_tail_bias"]),
            kGradient);

  // Gradients of the tail's own block, where the fixture has one: "grad_layer5.NAME".
  const std::string prefix = "grad_layer" + std::to_string(model.config.layers - 1) + ".";
  for (const auto& [name, value] : tuned) {
    const std::string layer = "encoder.layer." + std::to_string(model.config.layers - 1) + ".";
    if (name.rfind(layer, 0) != 0) continue;
    const std::string stored = prefix + name.substr(layer.size());
    if (golden.has(stored + "[rows 0..3]")) {
      EXPECT_LE(relative_difference(value.grad().narrow(0, 0, 4), golden[stored + "[rows 0..3]"]),
                kGradient)
          << name;
      EXPECT_NEAR(value.grad().norm().item<double>() / golden[stored + ".frobenius"].item<double>(),
                  1.0, kGradient)
          << name;
    } else if (name.find("key.bias") != std::string::npos) {
      EXPECT_LE(max_difference(value.grad(), golden[stored]), kKeyBias) << name;
    } else {
      EXPECT_LE(relative_difference(value.grad(), golden[stored]), kGradient) << name;
    }
  }
}

// The fixtures' tolerances hold for fp32 with the rounding of common BLAS kernels, which the build
// file chooses for this suite, and for fp64 on any.
class Golden32And64 : public ::testing::TestWithParam<Precision> {};

INSTANTIATE_TEST_SUITE_P(Precision, Golden32And64,
                         ::testing::Values(Precision::kFp32, Precision::kFp64),
                         [](const auto& info) {
                           return info.param == Precision::kFp32 ? "Fp32" : "Fp64";
                         });

TEST_P(Golden32And64, TinyTextModelsGiveTheStoredActivationsOfEveryBlock) {
  for (const std::string name : {"bert", "roberta", "gpt2", "llama"}) {
    SCOPED_TRACE(name);
    const Model model = open_model(golden_folder() / "tiny" / name);
    const Golden golden("tiny/" + name + "/io");
    const Texts texts(golden["ids"], golden["mask"]);
    const Head whole = make_head(model, {model.config.layers, 0}, GetParam());
    const Layout layout = text_layout(*whole.embedder, texts.batch);
    Tensor x = whole.embedder->embed(texts.batch);
    EXPECT_LE(max_difference(x, valid_rows(golden["embeddings"], golden["mask"])), kActivation);
    for (std::size_t i = 0; i < whole.blocks.size(); ++i) {
      x = (*whole.blocks[i])(x, layout);
      const Tensor expected = golden["block" + std::to_string(i) + "_out"];
      EXPECT_LE(max_difference(x, valid_rows(expected, golden["mask"])), kActivation) << i;
    }
    if (golden.has("pooled_mean")) {
      EXPECT_LE(max_difference(pool_rows(x, layout, Pool::kMean), golden["pooled_mean"]),
                kActivation);
    }
    if (golden.has("final_norm_out")) {
      const Norm norm =
          model.architecture->make_final_norm(model.config, frozen_weights(model, GetParam()));
      EXPECT_LE(max_difference(norm(x), valid_rows(golden["final_norm_out"], golden["mask"])),
                kActivation);
    }
  }
}

TEST_P(Golden32And64, TinyBertSplitStepGivesTheStoredMessagesAndGradients) {
  const Model model = open_model(golden_folder() / "tiny" / "bert");
  const Golden golden("tiny/bert/bert_split_grads");
  const Texts texts(golden["ids"], golden["mask"]);
  const Head head = make_head(model, {1, 1}, GetParam());
  expect_split_step(model, GetParam(), {1, 1}, golden, head.embedder->embed(texts.batch),
                    text_layout(*head.embedder, texts.batch), 2);
}

TEST_P(Golden32And64, TinyRobertaSplitStepGivesTheStoredMessagesAndGradients) {
  const Model model = open_model(golden_folder() / "tiny" / "roberta");
  const Golden golden("tiny/roberta/roberta_split_grads");
  const Texts texts(golden["ids"], golden["mask"]);
  const Head head = make_head(model, {1, 0}, GetParam());
  expect_split_step(model, GetParam(), {1, 0}, golden, head.embedder->embed(texts.batch),
                    text_layout(*head.embedder, texts.batch), 3);
}

TEST_P(Golden32And64, TinyVitGivesTheStoredActivationsAndLogits) {
  const Model model = open_model(golden_folder() / "tiny" / "vit");
  const Golden golden("tiny/vit/io");
  const Head whole = make_head(model, {model.config.layers, 0}, GetParam());
  Tensor x = dynamic_cast<const VitEmbedder&>(*whole.embedder)
                 .embed_pixels(golden["pixel_values"].to(scalar_type(GetParam())));
  EXPECT_LE(max_difference(x, golden["embeddings"].flatten(0, 1)), kActivation);
  const Layout layout{{17, 17}, 0};
  for (std::size_t i = 0; i < whole.blocks.size(); ++i) {
    x = (*whole.blocks[i])(x, layout);
    const Tensor expected = golden["block" + std::to_string(i) + "_out"].flatten(0, 1);
    EXPECT_LE(max_difference(x, expected), kActivation) << i;
  }
  const Tail tail = make_tail(model.config, *model.architecture, {model.config.layers, 0},
                              {Pool::kCls, 10}, frozen_weights(model, GetParam()));
  EXPECT_LE(max_difference(tail.final_norm(x), golden["final_norm_out"].flatten(0, 1)),
            kActivation);
  EXPECT_LE(max_difference(tail(x, layout), golden["logits"]), kActivation);
}

TEST_P(Golden32And64, TinyVitSplitStepGivesTheStoredMessagesAndGradients) {
  const Model model = open_model(golden_folder() / "tiny" / "vit");
  const Golden golden("tiny/vit/vit_split_grads");
  const Head head = make_head(model, {1, 0}, GetParam());
  const Tensor text = dynamic_cast<const VitEmbedder&>(*head.embedder)
                          .embed_pixels(golden["pixel_values"].to(scalar_type(GetParam())));
  expect_split_step(model, GetParam(), {1, 0}, golden, text, {{17, 17}, 0}, 10);
}

TEST_P(Golden32And64, MiniLmGivesTheStoredActivationsOfEveryLayer) {
  if (!has_minilm()) GTEST_SKIP() << "needs models/minilm: run scripts/fetch-minilm";
  const Model model = open_model(minilm_folder());
  const Golden golden("minilm_forward");
  const Head whole = make_head(model, {model.config.layers, 0}, GetParam());
  const Texts four(golden["ids4"], golden["mask4"]);
  Layout layout = text_layout(*whole.embedder, four.batch);
  Tensor x = whole.embedder->embed(four.batch);
  EXPECT_LE(max_difference(x, valid_rows(golden["embeddings4"], golden["mask4"])), kActivation);
  for (std::size_t i = 0; i < whole.blocks.size(); ++i) {
    x = (*whole.blocks[i])(x, layout);
    const Tensor expected = golden["layer" + std::to_string(i) + "_out4"];
    EXPECT_LE(max_difference(x, valid_rows(expected, golden["mask4"])), kActivation) << i;
  }
  const Texts eight(golden["ids"], golden["mask"]);
  layout = text_layout(*whole.embedder, eight.batch);
  x = whole(whole.embedder->embed(eight.batch), layout);
  EXPECT_LE(max_difference(pool_rows(x, layout, Pool::kMean), golden["mean_pooled"]), kActivation);
  EXPECT_LE(max_difference(pool_rows(x, layout, Pool::kCls), golden["cls"]), kActivation);
}

TEST_P(Golden32And64, MiniLmSplitStepGivesTheStoredMessagesAndGradients) {
  if (!has_minilm()) GTEST_SKIP() << "needs models/minilm: run scripts/fetch-minilm";
  const Model model = open_model(minilm_folder());
  const Golden golden("minilm_split_grads");
  const Texts texts(golden["ids"], golden["mask"]);
  const Head head = make_head(model, {1, 1}, GetParam());
  expect_split_step(model, GetParam(), {1, 1}, golden, head.embedder->embed(texts.batch),
                    text_layout(*head.embedder, texts.batch), 2);
}

}  // namespace
}  // namespace cleave::testing
