// Weights that no model can use are refused where they are read, and only what is read is checked.
#include "common/model/checkpoint.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "common/model/model.h"
#include "common/model/model_files.h"
#include "tests/support/golden.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace cleave::testing {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// A folder whose one tensor, w (3, 5), ends with `value`.
Checkpoint checkpoint_with(const TemporaryFolder& folder, at::ScalarType type, double value) {
  at::Tensor w = at::ones({3, 5}, at::kDouble);
  w[2][4] = value;
  write_tensors(folder / "model.safetensors", {{"w", w.to(type)}});
  return Checkpoint(folder.path(), "");
}

// The tiny BERT with a NaN at the start of one tensor.
Model bert_with_nan(const TemporaryFolder& folder, const std::string& name) {
  const Model whole = open_model(golden_folder() / "tiny" / "bert");
  std::vector<NamedTensor> tensors;
  for (const std::string& own : whole.checkpoint.names()) {
    at::Tensor tensor =
        whole.checkpoint.tensor(own, whole.checkpoint.entry(own).info.shape).clone();
    if (own == name) tensor.view(-1)[0] = std::nan("");
    tensors.push_back({own, tensor});
  }
  write_tensors(folder / "model.safetensors", tensors);
  copy_model_files(whole.checkpoint.folder(), folder.path());
  return open_model(folder.path());
}

TEST(Checkpoint, RefusesAWeightThatIsNotFiniteWithFileNameAndWhatToDo) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16}) {
    for (const double value : {std::nan(""), kInfinity, -kInfinity}) {
      const TemporaryFolder folder;
      const Checkpoint checkpoint = checkpoint_with(folder, type, value);
      for (int again = 0; again < 2; ++again) {
        const std::string why = refusal([&] { checkpoint.tensor("w", {3, 5}); });
        EXPECT_EQ(why.find((folder / "model.safetensors").string() + ": w has"), 0u) << why;
        EXPECT_NE(why.find("fetch it again"), std::string::npos) << why;
      }
      EXPECT_EQ(checkpoint.table("w", {3, 5}).numel(), 15);
    }
  }
}

TEST(Checkpoint, TakesTheLargestAndTheSmallestNumbersOfEveryType) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble, at::kHalf, at::kBFloat16}) {
    for (const double value : {65504.0, -65504.0, 6e-8, 0.0}) {
      const TemporaryFolder folder;
      EXPECT_NO_THROW(checkpoint_with(folder, type, value).tensor("w", {3, 5}));
    }
  }
  const TemporaryFolder folder;
  EXPECT_NO_THROW(checkpoint_with(folder, at::kFloat, 3e38).tensor("w", {3, 5}));
}

TEST(Checkpoint, APartOfAModelIsRefusedForItsOwnWeightsOnly) {
  const TemporaryFolder folder;
  const Model model = bert_with_nan(folder, "encoder.layer.0.intermediate.dense.weight");
  for (const Precision precision : {Precision::kFp32, Precision::kBf16}) {
    const std::string why = refusal([&] { make_head(model, {1, 0}, precision); });
    EXPECT_NE(why.find("encoder.layer.0.intermediate.dense.weight has values that are NaN"),
              std::string::npos)
        << why;
    EXPECT_NO_THROW(make_body(model, {1, 0}, precision));
  }
}

TEST(Checkpoint, AVocabularyIsLookedUpByRowAndNotReadWhole) {
  const TemporaryFolder folder;
  const Model model = bert_with_nan(folder, "embeddings.word_embeddings.weight");
  EXPECT_NO_THROW(make_head(model, {1, 0}, Precision::kFp32));
  const TemporaryFolder other;
  const Model without_place = bert_with_nan(other, "embeddings.position_embeddings.weight");
  EXPECT_NE(refusal([&] {
              make_head(without_place, {1, 0}, Precision::kFp32);
            }).find("position_embeddings"),
            std::string::npos);
}

}  // namespace
}  // namespace cleave::testing
