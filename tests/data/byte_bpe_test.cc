// Byte-level BPE against published vectors, and on what is not ordinary text.
#include "common/data/byte_bpe.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/merges_file.h"
#include "common/data/tokenizer_document.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/token_ids.h"

namespace cleave {
namespace {

using nlohmann::json;
using testing::ids_of;
using Ids = std::vector<std::int32_t>;
using Special = std::vector<std::pair<std::string, std::int32_t>>;

// GPT-2's own vocabulary, from a checkout of the fixtures beside the repository.
class Gpt2Bpe : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(folder_)) GTEST_SKIP() << "needs the fixtures beside the repository";
  }
  json file(const char* name) const { return json::parse(read_file(folder_ / name, 4 << 20)); }
  ByteBpe tokenizer(Special special = {}) const {
    ByteBpeOptions options;
    options.special = std::move(special);
    return ByteBpe(read_vocabulary(file("gpt2_bpe_encoder.json"), "encoder"),
                   parse_merges(read_file(folder_ / "gpt2_bpe_vocab.bpe", 4 << 20)),
                   std::move(options));
  }
  json vectors(const std::string& name) const {
    return file("tokenizer_test_vectors.json").at("TestGPT2BPETokenizer." + name);
  }

  const fs::path folder_ = fs::path(CLEAVE_SOURCE_DIR).parent_path() / "shared/data/tokenizers";
};

void expect_texts(const ByteBpe& tokenizer, const json& texts, const json& ids) {
  ASSERT_EQ(texts.size(), ids.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(tokenizer.pieces(texts[i].get<std::string>()), ids_of(ids[i])) << texts[i];
  }
}

void expect_decoded(const ByteBpe& tokenizer, const json& ids, const json& texts) {
  ASSERT_EQ(texts.size(), ids.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(tokenizer.text(ids_of(ids[i])), texts[i].get<std::string>());
  }
}

TEST_F(Gpt2Bpe, EqualsEveryPublishedVector) {
  const json plain = vectors("_gpt2_bpe_tokenizer");
  expect_texts(tokenizer(), plain["sample_texts"][0], plain["expected_token_ids"][0]);
  const json added = vectors("_gpt2_bpe_tokenizer_with_added_vocab");
  expect_texts(tokenizer({{"<|endoftext|>", 50256},
                          {"ACCEPT", 50257},
                          {"DECLINE", 50258},
                          {"NO_ACTION", 50259},
                          {"WALK_10M", 50260},
                          {"WALK_60M", 50261},
                          {"<reward>", 50262},
                          {"<avail_actions>", 50263}}),
               added["sample_texts"][0], added["expected_token_ids"][0]);
}

TEST_F(Gpt2Bpe, DecodesEveryPublishedVector) {
  for (const char* name : {"_gpt2_bpe_decoder", "_gpt_bpe_decoder_partial_utf8"}) {
    const json plain = vectors(name);
    expect_decoded(tokenizer(), plain["sample_ids"][0], plain["expected_texts"][0]);
  }
  const json special = vectors("_gpt2_bpe_decoder_with_special_tokens");
  expect_decoded(tokenizer(), special["sample_ids"][0], special["expected_texts"][0]);
  expect_decoded(tokenizer({{"<|endoftext|>", 50256},
                            {"<avail_actions>", 50257},
                            {"ACCEPT", 50258},
                            {"DECLINE", 50259},
                            {"inkling", 50260}}),
                 special["sample_ids"][1], special["expected_texts"][1]);
}

TEST_F(Gpt2Bpe, AWordOfOneMegabyteEnds) {
  const std::string word(1 << 20, 'a');
  const ByteBpe bpe = tokenizer();
  EXPECT_EQ(bpe.text(bpe.pieces(word)), word);
}

// All bytes, "ab" and "abc", and RoBERTa's frame.
ByteBpe small(bool framed = false) {
  Vocabulary vocabulary;
  int next = 0x100;
  for (int b = 0; b < 256; ++b) {
    const bool plain = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
    const int c = plain ? b : next++;
    std::string piece;
    if (c < 0x80) {
      piece = static_cast<char>(c);
    } else {
      piece = {static_cast<char>(0xc0 | (c >> 6)), static_cast<char>(0x80 | (c & 0x3f))};
    }
    add_piece(vocabulary, piece, b);
  }
  add_piece(vocabulary, "ab", 256);
  add_piece(vocabulary, "abc", 257);
  if (framed) {
    add_piece(vocabulary, "<s>", 258);
    add_piece(vocabulary, "</s>", 259);
  }
  ByteBpeOptions options;
  if (framed) {
    options.begin = 258;
    options.separate = 259;
  }
  return ByteBpe(vocabulary, {{"a", "b"}, {"ab", "c"}}, options);
}

RC_GTEST_PROP(ByteBpe, GivesBackEveryTextThatDoesNotEndWithinACharacter, ()) {
  const auto bytes = *rc::gen::container<std::string>(
      rc::gen::elementOf(std::string("abcabc '\x09\xc3\xa9\xff\x80 1!")));
  const std::string text = bytes + ".";
  RC_ASSERT(small().text(small().pieces(text)) == text);
}

TEST(ByteBpe, WordsAreSplitWhereTheReferencePatternSplitsThem) {
  const auto words = [](std::string_view text) {
    std::vector<std::string> out;
    for (const std::string_view word : split_as_gpt2(text)) out.emplace_back(word);
    return out;
  };
  using Words = std::vector<std::string>;
  EXPECT_EQ(words("it's 42 cats!?"), (Words{"it", "'s", " 42", " cats", "!?"}));
  EXPECT_EQ(words("IT'S we'll"), (Words{"IT", "'", "S", " we", "'ll"}));
  EXPECT_EQ(words("a   b"), (Words{"a", "  ", " b"}));
  EXPECT_EQ(words("a \n\nb "), (Words{"a", " \n", "\n", "b", " "}));
  EXPECT_EQ(words("\n"), (Words{"\n"}));
  EXPECT_EQ(words(""), Words{});
}

TEST(ByteBpe, RobertasFrameHoldsATextOrAPair) {
  const ByteBpe bpe = small(true);
  EXPECT_EQ(bpe.encode("abc", nullptr, 16).ids, (Ids{258, 257, 259}));
  const std::string_view pair = "ab";
  EXPECT_EQ(bpe.encode("abc", &pair, 16).ids, (Ids{258, 257, 259, 259, 256, 259}));
  EXPECT_EQ(bpe.encode("xyz", nullptr, 4).ids, (Ids{258, 'x', 'y', 259}));
  EXPECT_EQ(bpe.encode("xyz", nullptr, 1).ids, (Ids{258, 259}));
}

TEST(ByteBpe, WithoutAFrameThereIsNoPair) {
  EXPECT_EQ(small().encode("abcd", nullptr, 1).ids, (Ids{257}));
  const std::string_view pair = "ab";
  EXPECT_THROW(small().encode("abc", &pair, 16), DataError);
}

TEST(ByteBpe, MergesAreReadWithTheirVersionAndCheckedLineByLine) {
  EXPECT_EQ(parse_merges("#version: 0.2\na b\r\nab c"), (Merges{{"a", "b"}, {"ab", "c"}}));
  for (const char* broken : {"a", "a b c", " a", "a "}) {
    EXPECT_THROW(parse_merges(broken), DataError) << broken;
  }
}

TEST(ByteBpe, AVocabularyThatLacksAByteOrAMergesPieceIsRefused) {
  EXPECT_THROW(ByteBpe({{"a", 0}}, {}, {}), DataError);
}

TEST(ByteBpe, ADocumentThatIsNoTokenizerIsRefused) {
  for (const char* other : {"1", "[]", "null", "{}", R"({"pre_tokenizer": 1, "model": []})"}) {
    EXPECT_THROW(parse_tokenizer_document(other), DataError) << other;
  }
}

TEST(ByteBpe, AnIdOfTwoPiecesIsRefused) {
  EXPECT_EQ(read_vocabulary(json::parse(R"({"a": 0, "b": 1})"), "vocab.json").size(), 2u);
  EXPECT_THROW(read_vocabulary(json::parse(R"({"a": 1, "b": 1})"), "vocab.json"), DataError);
}

TEST(ByteBpe, TheFilesOfAFolderAreRecognised) {
  const testing::TemporaryFolder folder;
  write_atomically(folder / "tokenizer.json",
                   R"({"model": {"type": "BPE", "vocab": {}, "merges": []}})");
  EXPECT_THROW(load_tokenizer(folder.path()), DataError) << "no byte-level pre-tokenizer";
  write_atomically(folder / "tokenizer.json",
                   R"({"pre_tokenizer": {"type": "ByteLevel"},
                       "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}})");
  EXPECT_THROW(load_tokenizer(folder.path()), DataError) << "255 bytes have no piece";
}

}  // namespace
}  // namespace cleave
