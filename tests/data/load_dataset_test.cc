// From files to samples: which reader a path gets, and the rule of labels.
#include "common/data/load_dataset.h"

#include <gtest/gtest.h>

#include "common/base/files.h"
#include "common/data/wordpiece.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace cleave {
namespace {

using testing::refusal;
using testing::TemporaryFolder;
using Ids = std::vector<std::int32_t>;

const WordPiece& tokenizer() {
  static const WordPiece words(
      {{"[UNK]", 0}, {"[CLS]", 1}, {"[SEP]", 2}, {"a", 3}, {"b", 4}, {"c", 5}}, {});
  return words;
}

TextInput text_input(std::int64_t max_length = 16) { return {&tokenizer(), max_length}; }

TEST(LoadDataset, ATextsFormatIsItsExtension) {
  const TemporaryFolder folder;
  const LabelMap labels({"no", "yes"});
  write_atomically(folder / "t.tsv", "a b\tyes\n");
  write_atomically(folder / "t.csv", "a b,1\n");
  write_atomically(folder / "t.jsonl", R"({"text":"a b","label":"yes"})");
  for (const char* name : {"t.tsv", "t.csv", "t.jsonl"}) {
    const Dataset data = load_dataset(folder / name, text_input(), labels, {});
    ASSERT_EQ(data.size(), 1u);
    EXPECT_EQ(data.examples[0].ids, (Ids{1, 3, 4, 2}));
    EXPECT_EQ(data.examples[0].label, 1);
  }
  write_atomically(folder / "t.txt", "a b\tyes\n");
  EXPECT_NE(refusal([&] {
              load_dataset(folder / "t.txt", text_input(), labels, {});
            }).find("expected a file named .tsv, .csv or .jsonl"),
            std::string::npos);
}

TEST(LoadDataset, AClientThatHoldsOnlyTheLastClassKeepsItsIndex) {
  const TemporaryFolder folder;
  write_atomically(folder / "t.tsv", "a\tlast\nb\tlast\n");
  const Dataset data =
      load_dataset(folder / "t.tsv", text_input(), LabelMap({"first", "second", "last"}), {});
  for (const Example& example : data.examples) EXPECT_EQ(example.label, 2);
  EXPECT_EQ(label_counts(data.examples, 3), (std::vector<std::uint64_t>{0, 0, 2}));
}

TEST(LoadDataset, ALabelOutsideTheListNamesFileAndLine) {
  const TemporaryFolder folder;
  const LabelMap labels({"no", "yes"});
  write_atomically(folder / "t.tsv", "a\t0\n\nb\t2\n");
  const std::string why =
      refusal([&] { load_dataset(folder / "t.tsv", text_input(), labels, {}); });
  EXPECT_EQ(why.rfind((folder / "t.tsv").string() + ":3: the label \"2\"", 0), 0u) << why;
  EXPECT_NE(why.find("no or yes"), std::string::npos) << why;
}

TEST(LoadDataset, AnImagesLabelOutsideTheListNamesTheRecord) {
  const TemporaryFolder folder;
  write_atomically(folder / "x.bin", '\0' + std::string(3072, 1) + '\7' + std::string(3072, 1));
  const std::string why = refusal([&] {
    load_dataset(folder / "x.bin", ImageSpec{3, 32}, LabelMap({"zero", "one"}), {});
  });
  EXPECT_NE(why.find("x.bin record 1: the label \"7\""), std::string::npos) << why;
}

TEST(LoadDataset, PairsKeepWhereTheSecondPartBegins) {
  const TemporaryFolder folder;
  write_atomically(folder / "t.tsv", "a b\tc\t0\n");
  const Dataset data = load_dataset(folder / "t.tsv", text_input(), LabelMap({"x"}), {});
  EXPECT_EQ(data.examples[0].ids, (Ids{1, 3, 4, 2, 5, 2}));
  EXPECT_EQ(data.examples[0].pair_begin, 4);
}

TEST(LoadDataset, AnEndingThatTheModelPassesOverIsDroppedButForTheFirstToken) {
  const auto ids = [](const char* text, std::optional<std::int64_t> ending) {
    TextInput input = text_input();
    input.unread_ending = ending;
    const Example example = make_text_example(text, input);
    EXPECT_LE(example.pair_begin, static_cast<std::int32_t>(example.ids.size()));
    return example.ids;
  };
  EXPECT_EQ(ids("a b", std::nullopt), (Ids{1, 3, 4, 2}));
  EXPECT_EQ(ids("a b", 2), (Ids{1, 3, 4}));
  EXPECT_EQ(ids("a b", 4), (Ids{1, 3, 4, 2}));
  Example all_the_same{{2, 2, 2}, 3, {}, 0};
  drop_ending(all_the_same, 2);
  EXPECT_EQ(all_the_same.ids, (Ids{2}));
  EXPECT_EQ(all_the_same.pair_begin, 1);
}

TEST(LoadDataset, GroupsAreKeptForAPartitionByColumn) {
  const TemporaryFolder folder;
  write_atomically(folder / "t.csv", "text,label,user\na,0,u2\nb,0,u1\n");
  const Dataset data =
      load_dataset(folder / "t.csv", text_input(), LabelMap({"x"}), {{}, true, "user"});
  EXPECT_EQ(data.groups, (std::vector<std::string>{"u2", "u1"}));
}

TEST(LoadDataset, GroupsOfUnlabelledTextsAreKeptTooForALanguageModelsPartition) {
  const TemporaryFolder folder;
  write_atomically(folder / "t.csv", "text,user\na,u2\nb,u1\n");
  const Dataset data = load_unlabelled(folder / "t.csv", text_input(), {{}, true, "user"});
  EXPECT_EQ(data.size(), 2u);
  EXPECT_EQ(data.groups, (std::vector<std::string>{"u2", "u1"}));
  write_atomically(folder / "t.jsonl", R"({"text":"a","user":"u2"})");
  EXPECT_EQ(load_unlabelled(folder / "t.jsonl", text_input(), {{}, false, "user"}).groups,
            std::vector<std::string>{"u2"});
  write_atomically(folder / "t.txt", "a\n");
  for (const char* name : {"t.txt", "t.csv"}) {
    EXPECT_NE(refusal([&] {
                load_unlabelled(folder / name, text_input(), {{}, true, "hospital"});
              }).find("no column \"hospital\""),
              std::string::npos)
        << name;
  }
}

TEST(LoadDataset, TextForAnImageModelAndUnknownImagesAreRefused) {
  const TemporaryFolder folder;
  const LabelMap labels({"x"});
  write_atomically(folder / "t.tsv", "a\t0\n");
  write_atomically(folder / "t.dat", "a");
  EXPECT_NE(refusal([&] {
              load_dataset(folder / "t.tsv", ImageSpec{}, labels, {});
            }).find("holds text, but the model takes images"),
            std::string::npos);
  EXPECT_NE(refusal([&] {
              load_dataset(folder / "t.dat", ImageSpec{}, labels, {});
            }).find("unknown image format"),
            std::string::npos);
  EXPECT_NE(refusal([&] {
              load_dataset(folder.path(), ImageSpec{}, labels, {{}, false, "u"});
            }).find("no column \"u\""),
            std::string::npos);
}

TEST(LoadDataset, APathThatCannotBeIsAnIoError) {
  const LabelMap labels({"x"});
  EXPECT_NE(refusal<IoError>([&] {
              load_dataset("/missing.tsv", text_input(), labels, {});
            }).find("/missing.tsv"),
            std::string::npos);
  const fs::path long_name = "/tmp/" + std::string(300, 'x') + ".tsv";
  EXPECT_THROW(load_dataset(long_name, text_input(), labels, {}), IoError);
}

TEST(LoadDataset, UnlabelledInputsAreLinesOrPictures) {
  const TemporaryFolder folder;
  write_atomically(folder / "texts", "a\nb\tc\n");
  const Dataset texts = load_unlabelled(folder / "texts", text_input());
  ASSERT_EQ(texts.size(), 2u);
  EXPECT_EQ(texts.examples[0].ids, (Ids{1, 3, 2}));
  EXPECT_EQ(texts.examples[1].ids, (Ids{1, 4, 2, 5, 2}));
  write_atomically(folder / "one.pgm", "P5 1 1 255\n\x09");
  const Dataset one = load_unlabelled(folder / "one.pgm", ImageSpec{1, 1});
  ASSERT_EQ(one.size(), 1u);
  EXPECT_EQ(one.examples[0].pixels, std::vector<std::uint8_t>{9});
  write_atomically(folder / "two.bin", std::string(2 * 3073, '\xff'));
  EXPECT_EQ(load_unlabelled(folder / "two.bin", ImageSpec{3, 32}).size(), 2u)
      << "labels of unlabelled data do not count";
}

TEST(LoadDataset, BlankTextsAreSkippedWhereThatIsAskedFor) {
  const TemporaryFolder folder;
  write_atomically(folder / "texts", "a\n\n  \nb\n");
  DataOptions options;
  EXPECT_EQ(load_unlabelled(folder / "texts", text_input(), options).size(), 4u);
  options.skip_blank = true;
  EXPECT_EQ(load_unlabelled(folder / "texts", text_input(), options).size(), 2u);
  write_atomically(folder / "blank", "\n  \n");
  EXPECT_NE(refusal([&] {
              load_unlabelled(folder / "blank", text_input(), options);
            }).find("blank lines only"),
            std::string::npos);
}

TEST(LoadDataset, ATablesLabelsAreIgnoredAndMayBeMissingWhereNoneAreNeeded) {
  const TemporaryFolder folder;
  write_atomically(folder / "labelled.tsv", "a\tno such label\n");
  write_atomically(folder / "bare.csv", "a\n");
  write_atomically(folder / "bare.jsonl", R"({"text":"a"})");
  for (const char* name : {"labelled.tsv", "bare.csv", "bare.jsonl"}) {
    const Dataset data = load_unlabelled(folder / name, text_input());
    ASSERT_EQ(data.size(), 1u) << name;
    EXPECT_EQ(data.examples[0].ids, (Ids{1, 3, 2})) << name;
  }
}

TEST(LoadDataset, BatchesFollowTheOrderAndTheLastIsWhatIsLeft) {
  Dataset data;
  data.examples.resize(5);
  for (std::int32_t i = 0; i < 5; ++i) data.examples[static_cast<std::size_t>(i)].label = i;
  const std::vector<std::uint32_t> order = {4, 0, 3, 1, 2};
  const auto batches = make_batches(data, order, 2);
  ASSERT_EQ(batches.size(), 3u);
  EXPECT_EQ(labels_of(batches[0]), (Ids{4, 0}));
  EXPECT_EQ(labels_of(batches[1]), (Ids{3, 1}));
  EXPECT_EQ(labels_of(batches[2]), (Ids{2}));
  EXPECT_TRUE(make_batches(data, {}, 2).empty());
}

}  // namespace
}  // namespace cleave
