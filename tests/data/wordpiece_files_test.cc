// The file forms of a WordPiece vocabulary, whole and broken.
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

const std::string kVocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\nhello\nHello\n##s\n";
const std::string kJson = R"({"normalizer": {"type": "BertNormalizer", "lowercase": LOWER},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[PAD]": 0, "[UNK]": 1,
  "[CLS]": 2, "[SEP]": 3, "hello": 4, "Hello": 5, "##s": 6}}})";

std::string json_form(const std::string& lower) {
  std::string text = kJson;
  return text.replace(text.find("LOWER"), 5, lower);
}

TEST(WordPieceFiles, AVocabularyOfLinesNumbersThemFromZero) {
  const auto ids = parse_vocab_txt(kVocab);
  EXPECT_EQ(ids.size(), 7u);
  EXPECT_EQ(ids.at("[PAD]"), 0);
  EXPECT_EQ(ids.at("##s"), 6);
  EXPECT_EQ(parse_vocab_txt("a\r\nb"), parse_vocab_txt("a\nb\n"));
}

TEST(WordPieceFiles, BothFormsGiveTheSameTokenizer) {
  const TemporaryFolder lines, json;
  write_atomically(lines / "vocab.txt", kVocab);
  write_atomically(json / "tokenizer.json", json_form("true"));
  for (const auto* folder : {&lines, &json}) {
    EXPECT_EQ(load_wordpiece(folder->path()).pieces("Hellos HELLO x"), (Ids{4, 6, 4, 1}));
  }
}

TEST(WordPieceFiles, WhetherLettersAreLoweredComesFromTheFiles) {
  const TemporaryFolder lines, json;
  write_atomically(lines / "vocab.txt", kVocab);
  write_atomically(lines / "tokenizer_config.json", R"({"do_lower_case": false})");
  write_atomically(json / "tokenizer.json", json_form("false"));
  for (const auto* folder : {&lines, &json}) {
    EXPECT_EQ(load_wordpiece(folder->path()).pieces("Hello hello"), (Ids{5, 4}));
  }
}

TEST(WordPieceFiles, AVocabularyWithoutItsSpecialPiecesIsRefused) {
  for (const char* missing : {"[UNK]", "[CLS]", "[SEP]"}) {
    std::string vocab = kVocab;
    vocab.replace(vocab.find(missing), 5, "other");
    const TemporaryFolder folder;
    write_atomically(folder / "vocab.txt", vocab);
    const std::string why = refusal([&] { load_wordpiece(folder.path()); });
    EXPECT_NE(why.find(missing), std::string::npos) << why;
    EXPECT_NE(why.find(folder.path().string()), std::string::npos) << why;
  }
}

TEST(WordPieceFiles, ABrokenFormIsRefused) {
  EXPECT_THROW(parse_vocab_txt("a\nb\na\n"), DataError);
  WordPieceOptions options;
  for (const char* broken :
       {"", "[]", "{", "{}", R"({"model": 3})", R"({"model": {"type": "BPE", "vocab": {}}})",
        R"({"model": {"type": "WordPiece", "vocab": []}})", R"({"model": {"type": "WordPiece"}})",
        R"({"model": {"type": "WordPiece", "vocab": {"a": -1}}})",
        R"({"model": {"type": "WordPiece", "vocab": {"a": 0.5}}})",
        R"({"model": {"type": "WordPiece", "vocab": {"a": "0"}}})",
        R"({"model": {"type": "WordPiece", "vocab": {"a": 1000000}}})"}) {
    EXPECT_THROW(parse_tokenizer_json(broken, options), DataError) << broken;
  }
}

TEST(WordPieceFiles, AFolderWithoutATokenizerSaysWhatIsMissing) {
  const TemporaryFolder folder;
  const std::string why = refusal([&] { load_wordpiece(folder.path()); });
  EXPECT_NE(why.find("neither vocab.txt nor tokenizer.json"), std::string::npos) << why;
}

TEST(WordPieceFiles, MiniLmsTokenizerJsonHoldsTheVocabularyOfBertUncased) {
  const fs::path fixtures = fs::path(CLEAVE_SOURCE_DIR).parent_path() / "shared/data/tokenizers";
  if (!fs::exists(fixtures)) GTEST_SKIP() << "needs the fixtures beside the repository";
  WordPieceOptions options;
  const auto vocabulary =
      parse_tokenizer_json(read_file(fixtures / "minilm_tokenizer.json", 1 << 20), options);
  EXPECT_TRUE(options.lower_case);
  EXPECT_EQ(vocabulary,
            parse_vocab_txt(read_file(fixtures / "bert_base_uncased_vocab.txt", 1 << 20)));
}

}  // namespace
}  // namespace cleave
