// WordPiece against published vectors, and on what is not ordinary text.
#include "common/data/wordpiece.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/files.h"
#include "tests/support/token_ids.h"

namespace cleave {
namespace {

using nlohmann::json;
using testing::ids_of;
using Ids = std::vector<std::int32_t>;

fs::path folder() { return fs::path(CLEAVE_SOURCE_DIR) / "tests/golden/tokenizers"; }

json golden(const std::string& name) { return json::parse(read_file(folder() / name, 1 << 20)); }

WordPiece bert(const std::string& kind, WordPieceOptions options) {
  const fs::path path = folder() / ("bert_base_" + kind + "_vocab.txt");
  return WordPiece(parse_vocab_txt(read_file(path, 1 << 20)), std::move(options));
}

const WordPiece& uncased() {
  static const WordPiece tokenizer = bert("uncased", {});
  return tokenizer;
}

TEST(WordPiece, EqualsEveryPublishedVector) {
  const json vectors = golden("tokenizer_test_vectors.json")["TestBERTTokenizer._bert_tokenizer"];
  WordPieceOptions cased;
  cased.lower_case = false;
  WordPiece tokenizers[] = {bert("uncased", {}), bert("cased", cased), bert("uncased", {}),
                            bert("cased", cased)};
  for (WordPiece* const tokenizer : {&tokenizers[2], &tokenizers[3]}) {
    tokenizer->set_added({{"[UNK]", 100}, {"[CLS]", 101}});
  }
  const json& texts = vectors.at("sample_texts").at(0);
  const json& lists = vectors.at("expected_token_ids");
  ASSERT_EQ(lists.size(), std::size(tokenizers));
  ASSERT_EQ(texts.size(), 7u);
  for (std::size_t list = 0; list < lists.size(); ++list) {
    ASSERT_EQ(lists[list].size(), texts.size());
    for (std::size_t i = 0; i < texts.size(); ++i) {
      const auto text = texts[i].get<std::string>();
      EXPECT_EQ(tokenizers[list].pieces(text), ids_of(lists[list][i])) << list << ": " << text;
    }
  }
}

TEST(WordPiece, EqualsTheReferenceOnUnusualText) {
  const json golden_file = golden("minilm_vectors.json");
  for (const json& vector : golden_file.at("texts")) {
    EXPECT_EQ(uncased().pieces(vector.at(0).get<std::string>()), ids_of(vector.at(1)))
        << vector.dump(-1, ' ', true);
  }
}

std::string words(const char* word, int count) {
  std::string out;
  for (int i = 0; i < count; ++i) out += std::string(word) + ' ';
  return out;
}

TEST(WordPiece, PairsAreCutLongestFirstAsTheReferenceDoes) {
  const json golden_file = golden("minilm_vectors.json");
  for (const json& v : golden_file.at("truncation")) {
    const std::string a = words("the", v.at(0)), b = words("a", v.at(1));
    const std::string_view pair = b;
    const Encoding encoding = uncased().encode(a, &pair, v.at(2));
    const auto count = [&](std::int32_t id) {
      return std::count(encoding.ids.begin(), encoding.ids.end(), id);
    };
    EXPECT_EQ(count(1996), v.at(3)) << v.dump();
    EXPECT_EQ(count(1037), v.at(4)) << v.dump();
    EXPECT_LE(encoding.ids.size(), v.at(2).get<std::size_t>()) << v.dump();
  }
}

TEST(WordPiece, APairHasItsSpecialTokensAndItsSecondPartsBegin) {
  const std::string_view pair = "world";
  const Encoding both = uncased().encode("hello", &pair, 128);
  EXPECT_EQ(both.ids, (Ids{101, 7592, 102, 2088, 102}));
  EXPECT_EQ(both.pair_begin, 3);
  const Encoding one = uncased().encode("hello", nullptr, 128);
  EXPECT_EQ(one.ids, (Ids{101, 7592, 102}));
  EXPECT_EQ(one.pair_begin, 3);
}

TEST(WordPiece, ASingleTextIsCutAtItsEnd) {
  EXPECT_EQ(uncased().encode("hello world how are you", nullptr, 5).ids,
            (Ids{101, 7592, 2088, 2129, 102}));
  EXPECT_EQ(uncased().encode("hello", nullptr, 2).ids, (Ids{101, 102}));
}

TEST(WordPiece, EmptyTextHasOnlySpecialTokens) {
  for (const char* text : {"", " ", "\t\r\n", "\xe2\x80\xa8"}) {
    EXPECT_TRUE(uncased().pieces(text).empty());
    EXPECT_EQ(uncased().encode(text, nullptr, 128).ids, (Ids{101, 102}));
  }
}

TEST(WordPiece, InvalidUtf8IsDropped) {
  for (const char* broken : {"he\xffllo", "he\xc3llo", "he\xed\xa0\x80llo", "he\xf8\x88\x80\x80llo",
                             "hello\xe2\x82", "\x80hello"}) {
    EXPECT_EQ(uncased().pieces(broken), Ids{7592}) << ::testing::PrintToString(broken);
  }
  EXPECT_EQ(uncased().pieces(std::string_view("he\0llo", 6)), Ids{7592});
}

TEST(WordPiece, AWordOfOneMegabyteIsUnknownAndTextAroundItIsNot) {
  const std::string word(1 << 20, 'a');
  EXPECT_EQ(uncased().pieces("hello " + word + " world"), (Ids{7592, 100, 2088}));
}

TEST(WordPiece, AMegabyteOfPunctuationIsAsManyPieces) {
  EXPECT_EQ(uncased().pieces(std::string(1 << 20, '!')), Ids(1 << 20, 999));
}

TEST(WordPiece, WordIdsAreThePiecesOutsideBracketsInOrder) {
  const Ids ids = uncased().word_ids();
  EXPECT_EQ(uncased().vocabulary_size(), 30'522);
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end()));
  for (const std::int32_t special : {0, 1, 99, 100, 101, 102, 103}) {
    EXPECT_FALSE(std::binary_search(ids.begin(), ids.end(), special)) << special;
  }
  EXPECT_TRUE(std::binary_search(ids.begin(), ids.end(), 1031)) << "\"[\" alone is text";
  EXPECT_TRUE(std::binary_search(ids.begin(), ids.end(), 7592));
}

RC_GTEST_PROP(WordPiece, AnyBytesGiveIdsOfTheVocabularyWithinTheLength,
              (std::string text, std::string other)) {
  const auto max_length = *rc::gen::inRange<std::int64_t>(3, 40);
  const std::string_view pair = other;
  const Encoding encoding = uncased().encode(text, &pair, max_length);
  RC_ASSERT(static_cast<std::int64_t>(encoding.ids.size()) <= max_length);
  RC_ASSERT(encoding.ids.front() == 101);
  RC_ASSERT(encoding.ids.back() == 102);
  RC_ASSERT(encoding.ids.at(static_cast<std::size_t>(encoding.pair_begin) - 1) == 102);
  for (const std::int32_t id : encoding.ids) RC_ASSERT(id >= 0 && id < 30'522);
}

RC_GTEST_PROP(WordPiece, ATextsPiecesAreThoseOfItsParts, (std::string a, std::string b)) {
  Ids parts = uncased().pieces(a);
  const Ids second = uncased().pieces(b);
  parts.insert(parts.end(), second.begin(), second.end());
  RC_ASSERT(uncased().pieces(a + " " + b) == parts);
}

}  // namespace
}  // namespace cleave
