// The public data sets, read with the product's readers, have their known counts. They lie in a
// checkout of the fixtures beside the repository; without it these tests are skipped.
#include <gtest/gtest.h>

#include "common/base/files.h"
#include "common/data/load_dataset.h"
#include "common/data/wordpiece.h"

namespace cleave {
namespace {

using Counts = std::vector<std::uint64_t>;

class PublicData : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(folder_)) GTEST_SKIP() << "needs the fixtures beside the repository";
  }
  Counts counts(const char* name, const InputForm& form, std::vector<std::string> labels) const {
    const LabelMap map(std::move(labels));
    return label_counts(load_dataset(folder_ / name, form, map, {}).examples, map.size());
  }
  Counts text_counts(const char* name, std::vector<std::string> labels) const {
    return counts(name, TextInput{&words_, 16}, std::move(labels));
  }

  const fs::path folder_ = fs::path(CLEAVE_SOURCE_DIR).parent_path() / "shared/data";
  const WordPiece words_{{{"[UNK]", 0}, {"[CLS]", 1}, {"[SEP]", 2}}, {}};
  const std::vector<std::string> ten_{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
};

TEST_F(PublicData, Sst2) {
  EXPECT_EQ(text_counts("sst2/train.tsv", {"negative", "positive"}), (Counts{3310, 3610}));
  EXPECT_EQ(text_counts("sst2/dev.tsv", {"negative", "positive"}), (Counts{428, 444}));
  EXPECT_EQ(text_counts("sst2/test.tsv", {"negative", "positive"}), (Counts{912, 909}));
}

TEST_F(PublicData, Trec) {
  const auto total = [&](const char* name) {
    std::uint64_t sum = 0;
    for (const std::uint64_t n : text_counts(name, {"a", "b", "c", "d", "e", "f"})) sum += n;
    return sum;
  };
  EXPECT_EQ(total("trec/train.jsonl"), 4906u);
  EXPECT_EQ(total("trec/dev.jsonl"), 546u);
  EXPECT_EQ(total("trec/test.jsonl"), 500u);
}

TEST_F(PublicData, RteHoldsPairsWithNamedLabels) {
  const Dataset data = load_dataset(folder_ / "rte/dev.jsonl", TextInput{&words_, 16},
                                    LabelMap({"entailment", "not_entailment"}), {});
  EXPECT_EQ(data.size(), 249u);
  for (const Example& example : data.examples) {
    EXPECT_LT(static_cast<std::size_t>(example.pair_begin), example.ids.size());
  }
}

TEST_F(PublicData, Mnist) {
  EXPECT_EQ(counts("mnist/train-images-idx3-ubyte.gz", ImageSpec{1, 28}, ten_),
            (Counts{5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}));
}

TEST_F(PublicData, MnistPixelsHaveTheirKnownMean) {
  double sum = 0;
  const auto rows = read_idx(folder_ / "mnist/train-images-idx3-ubyte.gz", {1, 28});
  for (const ImageRow& row : rows) {
    for (const std::uint8_t pixel : row.pixels) sum += pixel;
  }
  EXPECT_NEAR(sum / 255 / 784 / static_cast<double>(rows.size()), 0.13066, 0.00001);
}

TEST_F(PublicData, Cifar10) {
  EXPECT_EQ(counts("cifar10/cifar10_train4000.bin", ImageSpec{3, 32}, ten_),
            (Counts{396, 366, 420, 384, 422, 393, 414, 385, 407, 413}));
  double sums[3] = {};
  for (const ImageRow& row : read_cifar10(folder_ / "cifar10/cifar10_train4000.bin", {3, 32})) {
    for (std::size_t i = 0; i < row.pixels.size(); ++i) sums[i / 1024] += row.pixels[i];
  }
  const double known[3] = {0.4916, 0.4818, 0.4447};
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(sums[c] / 255 / 1024 / 4000, known[c], 0.0001) << c;
}

}  // namespace
}  // namespace cleave
