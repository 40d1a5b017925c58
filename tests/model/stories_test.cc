// stories260K, a trained Llama, from llama2.c's files to text: logits of the fixture, the tokens
// and texts that greedy generation gives. The model lies in a checkout of the fixtures beside the
// repository; without it these tests are skipped.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "common/data/sentence_piece/sentence_piece.h"
#include "common/model/model.h"
#include "common/model/model_lock.h"
#include "experiments/tools/llama2c_folder.h"
#include "tests/support/golden.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace cleave::testing {
namespace {

using at::Tensor;
using Ids = std::vector<std::int32_t>;

// Blocks, final norm, and the word embeddings as the language model's head.
class LanguageModel {
 public:
  LanguageModel(const fs::path& folder, Precision precision)
      : model_(open_model(folder)),
        blocks_(make_head(model_, {model_.config.layers, 0}, precision)),
        words_(frozen_weights(model_, precision)("embed_tokens.weight",
                                                 {model_.config.vocabulary, model_.config.hidden})),
        norm_(model_.architecture->make_final_norm(model_.config,
                                                   frozen_weights(model_, precision))) {}

  Tensor logits(const Ids& ids) const {  // (T, V)
    Example example;
    example.ids = ids;
    const Batch batch = {&example};
    const Tensor x = blocks_.embedder->embed(batch);
    return at::linear(norm_(blocks_(x, text_layout(*blocks_.embedder, batch))), words_);
  }

 private:
  Model model_;
  Head blocks_;
  Tensor words_;
  Norm norm_;
};

// Appends the likeliest token until there are `length`.
Ids greedy(const LanguageModel& model, Ids ids, std::size_t length) {
  while (ids.size() < length) {
    ids.push_back(model.logits(ids)[-1].argmax().item<std::int32_t>());
  }
  return ids;
}

class Stories : public ::testing::Test {
 protected:
  void SetUp() override {
    const fs::path fixtures = fs::path(CLEAVE_SOURCE_DIR).parent_path() / "shared/data/stories260k";
    if (!fs::exists(fixtures)) GTEST_SKIP() << "needs the fixtures beside the repository";
    source_ = {fixtures / "stories260K.safetensors", fixtures / "tok512.bin", 8, 512};
    write_hugging_face_folder(source_, folder());
  }
  fs::path folder() const { return temporary_ / "hf"; }

  const TemporaryFolder temporary_;
  Llama2c source_;
};

Ids golden_ids(const Golden& golden) {
  const Tensor ids = golden["input_ids"].to(at::kInt);
  return Ids(ids.data_ptr<std::int32_t>(), ids.data_ptr<std::int32_t>() + ids.numel());
}

TEST_F(Stories, GivesTheGoldenLogitsInBothPrecisions) {
  const Golden golden("stories260k/golden");
  for (const Precision precision : {Precision::kFp32, Precision::kFp64}) {
    const Tensor logits = LanguageModel(folder(), precision).logits(golden_ids(golden));
    EXPECT_LE(max_difference(logits, golden["logits"]), kActivation);
  }
}

TEST_F(Stories, ContinuesTheGoldenPromptWithTheGoldenTokensAndText) {
  const Ids expected = golden_ids(Golden("stories260k/golden"));
  const auto tokenizer = load_tokenizer(folder());
  const Ids prompt = tokenizer->encode("Once upon a time", nullptr, 512).ids;
  const Ids ids = greedy(LanguageModel(folder(), Precision::kFp32), prompt, expected.size());
  EXPECT_EQ(ids, expected);
  EXPECT_EQ(tokenizer->text(ids).rfind("Once upon a time, there was a little girl named Lily.", 0),
            0u)
      << tokenizer->text(ids);
}

// The sample of llama2.c64's README: `run stories260K.bin -t 0 -i "Zoo" -n 60`, which are 60 tokens
// after the first.
TEST_F(Stories, ContinuesZooWithThePublishedText) {
  const auto tokenizer = load_tokenizer(folder());
  const Ids prompt = tokenizer->encode("Zoo", nullptr, 512).ids;
  const Ids ids = greedy(LanguageModel(folder(), Precision::kFp32), prompt, 61);
  EXPECT_EQ(tokenizer->text(ids),
            "Zoo was a little girl named Lily. She loved to play outside in the park. One day, she "
            "saw a big, red ball. She wanted to play with it, but she didn't want to play with");
}

TEST_F(Stories, ASliceTokenizesAsTheWholeModelDoes) {
  write_slice(open_model(folder()), {1, 0}, temporary_ / "slice");
  for (const fs::path& of : {folder(), temporary_ / "slice"}) {
    EXPECT_EQ(load_tokenizer(of)->encode("Zoo", nullptr, 512).ids, (Ids{1, 410, 469, 347}));
  }
}

TEST_F(Stories, FilesThatDoNotFitAreRefused) {
  const auto why = [&](auto change) {
    Llama2c source = source_;
    change(source);
    return refusal([&] { write_hugging_face_folder(source, temporary_ / "other"); });
  };
  EXPECT_NE(why([](Llama2c& s) { s.heads = 7; }), "");
  EXPECT_NE(why([](Llama2c& s) { s.heads = 0; }), "");
  EXPECT_NE(why([](Llama2c& s) { s.tokenizer = s.weights; }), "");
  const std::string pieces = read_file(source_.tokenizer, 1 << 20);
  write_atomically(temporary_ / "short.bin",
                   std::string_view(pieces).substr(0, pieces.size() - 11));
  EXPECT_NE(why([&](Llama2c& s) { s.tokenizer = temporary_ / "short.bin"; }), "");
  EXPECT_FALSE(fs::exists(temporary_ / "other"));
}

}  // namespace
}  // namespace cleave::testing
