// The file forms of a WordPiece vocabulary, whole and broken.
#include <gtest/gtest.h>

#include <map>

#include "common/base/files.h"
#include "common/data/tokenizer_document.h"
#include "tests/support/refusal.h"
#include "tests/support/temporary_folder.h"

namespace cleave {
namespace {

using testing::refusal;
using testing::TemporaryFolder;
using Ids = std::vector<std::int32_t>;

const std::string kVocab = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\nHello\n##s\n";
const std::string kJson = R"({"normalizer": {"type": "BertNormalizer", "lowercase": LOWER},
  "pre_tokenizer": {"type": "BertPreTokenizer"},
  "model": {"type": "WordPiece", "unk_token": "[UNK]", "vocab": {"[PAD]": 0, "[UNK]": 1,
  "[CLS]": 2, "[SEP]": 3, "[MASK]": 4, "hello": 5, "Hello": 6, "##s": 7}}})";

std::string json_form(const std::string& lower) {
  std::string text = kJson;
  return text.replace(text.find("LOWER"), 5, lower);
}

TEST(WordPieceFiles, AVocabularyOfLinesNumbersThemFromZero) {
  const auto ids = parse_vocab_txt(kVocab);
  EXPECT_EQ(ids.size(), 8u);
  EXPECT_EQ(ids.at("[PAD]"), 0);
  EXPECT_EQ(ids.at("##s"), 7);
  EXPECT_EQ(parse_vocab_txt("a\r\nb"), parse_vocab_txt("a\nb\n"));
}

TEST(WordPieceFiles, ALineThatIsThereTwiceOrEmptyCountsAndTheLastOneHolds) {
  const auto ids = parse_vocab_txt("a\n\nb\na\n\nc \n");
  EXPECT_EQ(ids, (Vocabulary{{"a", 3}, {"", 4}, {"b", 2}, {"c", 5}}));
}

TEST(WordPieceFiles, BothFormsGiveTheSamePieces) {
  const TemporaryFolder lines, json;
  write_atomically(lines / "vocab.txt", kVocab);
  write_atomically(json / "tokenizer.json", json_form("true"));
  for (const auto* folder : {&lines, &json}) {
    EXPECT_EQ(load_tokenizer(folder->path())->pieces("Hellos HELLO x"), (Ids{5, 7, 5, 1}));
  }
}

TEST(WordPieceFiles, WhetherLettersAreLoweredComesFromTheFiles) {
  const TemporaryFolder lines, json;
  write_atomically(lines / "vocab.txt", kVocab);
  write_atomically(lines / "tokenizer_config.json", R"({"do_lower_case": false})");
  write_atomically(json / "tokenizer.json", json_form("false"));
  for (const auto* folder : {&lines, &json}) {
    EXPECT_EQ(load_tokenizer(folder->path())->pieces("Hello hello"), (Ids{6, 5}));
  }
}

TEST(WordPieceFiles, TheFrameIsThatOfTheFilesAndNotOfTheVocabulary) {
  const TemporaryFolder lines, json;
  write_atomically(lines / "vocab.txt", kVocab);
  write_atomically(json / "tokenizer.json", json_form("true"));
  const auto ids = [](const TemporaryFolder& folder) {
    return load_tokenizer(folder.path())->encode("hello", nullptr, 9).ids;
  };
  EXPECT_EQ(ids(lines), (Ids{2, 5, 3}));
  EXPECT_EQ(ids(json), Ids{5}) << "it has no post_processor";
}

TEST(WordPieceFiles, SpecialTokensInsideATextAreOneIdEach) {
  const TemporaryFolder lines;
  write_atomically(lines / "vocab.txt", kVocab);
  EXPECT_EQ(load_tokenizer(lines.path())->pieces("hello[MASK]s [SEP]"), (Ids{5, 4, 1, 3}));
}

TEST(WordPieceFiles, AVocabularyWithoutItsUnknownPieceIsRefused) {
  std::string vocab = kVocab;
  vocab.replace(vocab.find("[UNK]"), 5, "other");
  const TemporaryFolder folder;
  write_atomically(folder / "vocab.txt", vocab);
  const std::string why = refusal([&] { load_tokenizer(folder.path()); });
  EXPECT_NE(why.find("[UNK]"), std::string::npos) << why;
  EXPECT_NE(why.find(folder.path().string()), std::string::npos) << why;
}

TEST(WordPieceFiles, ABrokenFormIsRefused) {
  std::vector<std::string> all = {
      "", "[]", "{", "{}", R"({"model": 3})", R"({"model": {"type": "BPE", "vocab": {}}})"};
  for (const char* vocab : {"[]", R"({"a": -1})", R"({"a": 0.5})", R"({"a": "0"})",
                            R"({"a": 1000000})", R"({"a": 0, "b": 0})"}) {
    const std::string text = json_form("true");
    all.push_back(text.substr(0, text.find("{\"[PAD]\"")) + vocab + "}}");
  }
  for (const std::string& broken : all) {
    EXPECT_THROW(parse_tokenizer_document(broken), DataError) << broken;
  }
  EXPECT_NO_THROW(parse_tokenizer_document(json_form("true")));
}

// What is written into one of the files, and what the refusal names.
struct Change {
  const char* file;
  const char* from;
  const char* to;
  const char* named;
};

TEST(WordPieceFiles, AKeyThatWouldChangeIdsAndIsNotHonouredIsRefusedByFileAndName) {
  const std::string config = R"({"tokenizer_class": "BertTokenizer", "do_lower_case": true})";
  const Change changes[] = {
      {"tokenizer.json", "\"BertPreTokenizer\"", "\"Whitespace\"", "pre_tokenizer.type"},
      {"tokenizer.json", "\"BertNormalizer\"", "\"NFC\"", "normalizer.type"},
      {"tokenizer.json", "\"lowercase\": true", "\"lowercase\": false", "do_lower_case"},
      {"tokenizer.json", "\"lowercase\"", "\"strip_accents\": false, \"lowercase\"",
       "strip_accents"},
      {"tokenizer.json", "\"lowercase\"", "\"clean_text\": false, \"lowercase\"", "clean_text"},
      {"tokenizer.json", "\"vocab\"", "\"max_input_chars_per_word\": 9, \"vocab\"",
       "max_input_chars_per_word"},
      {"tokenizer.json", "\"vocab\"", "\"made_up\": 9, \"vocab\"", "model.made_up"},
      {"tokenizer_config.json", "}", ", \"never_split\": [\"a\"]}", "never_split"},
      {"tokenizer_config.json", "}", ", \"do_basic_tokenize\": false}", "do_basic_tokenize"},
      {"tokenizer_config.json", "}", ", \"tokenize_chinese_chars\": false}",
       "tokenize_chinese_chars"},
      {"tokenizer_config.json", "}", ", \"split_special_tokens\": true}", "split_special_tokens"},
      {"tokenizer_config.json", "}", ", \"made_up\": 1}", "made_up"},
      {"tokenizer_config.json", "BertTokenizer", "XLNetTokenizer", "tokenizer_class"},
      {"special_tokens_map.json", "", "{\"made_up\": \"a\"}", "made_up"},
      {"special_tokens_map.json", "", "{\"cls_token\": 3}", "cls_token"},
      {"added_tokens.json", "", "{\"a\": 900}", "\"a\""},
  };
  const std::string document = json_form("true").insert(
      1,
      R"("post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},)");
  for (const Change& change : changes) {
    const TemporaryFolder folder;
    std::map<std::string, std::string> files = {{"tokenizer.json", document},
                                                {"tokenizer_config.json", config}};
    for (const auto& [name, text] : files) write_atomically(folder / name, text);
    ASSERT_EQ(refusal([&] { load_tokenizer(folder.path()); }), "");
    std::string& text = files[change.file];
    text.replace(text.find(change.from), std::string(change.from).size(), change.to);
    write_atomically(folder / change.file, text);
    const std::string why = refusal([&] { load_tokenizer(folder.path()); });
    EXPECT_NE(why.find(change.named), std::string::npos) << change.named << ": " << why;
  }
}

TEST(WordPieceFiles, AFolderWithoutATokenizerSaysWhatIsMissing) {
  const TemporaryFolder folder;
  const std::string why = refusal([&] { load_tokenizer(folder.path()); });
  EXPECT_NE(why.find("neither tokenizer.json nor vocab.txt"), std::string::npos) << why;
}

TEST(WordPieceFiles, MiniLmsTokenizerJsonHoldsTheVocabularyOfBertUncased) {
  const fs::path fixtures = fs::path(CLEAVE_SOURCE_DIR).parent_path() / "shared/data/tokenizers";
  if (!fs::exists(fixtures)) GTEST_SKIP() << "needs the fixtures beside the repository";
  const TokenizerDocument document =
      parse_tokenizer_document(read_file(fixtures / "minilm_tokenizer.json", 1 << 20));
  EXPECT_TRUE(document.wordpiece.lower_case);
  EXPECT_EQ(document.vocabulary,
            parse_vocab_txt(read_file(fixtures / "bert_base_uncased_vocab.txt", 1 << 20)));
}

}  // namespace
}  // namespace cleave
