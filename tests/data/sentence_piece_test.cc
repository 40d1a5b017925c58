// SentencePiece's tokenizers against published vectors, and on what is not ordinary text.
#include "common/data/sentence_piece/sentence_piece.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "tests/support/refusal.h"
#include "tests/support/sentence_pieces.h"

namespace cleave {
namespace {

using testing::refusal;
using testing::small_bpe;
using testing::small_unigram;
using Ids = std::vector<std::int32_t>;

const SentencePiece& stories() {
  static const SentencePiece tokenizer(testing::stories_model());
  return tokenizer;
}

Ids story_ids(std::string_view text) { return stories().encode(text, nullptr, 128).ids; }

TEST(SentencePiece, EqualsThePublishedVectorsOfStories260k) {
  EXPECT_EQ(story_ids("Once upon a time"), (Ids{1, 403, 407, 261, 378}));
  EXPECT_EQ(story_ids("Zoo"), (Ids{1, 410, 469, 347}));
  EXPECT_EQ(story_ids("Lily saw a red ball."), (Ids{1, 317, 394, 261, 352, 266, 268, 388, 426}));
}

TEST(SentencePiece, EqualsThePublishedVectorsOfT5) {
  if (!fs::exists(testing::t5_file())) GTEST_SKIP() << "needs the fixtures beside the repository";
  const SentencePiece t5(parse_sentence_pieces(read_file(testing::t5_file(), 1 << 20)));
  const std::pair<std::string, Ids> vectors[] = {
      {"Hello World!, how are you?", {8774, 1150, 55, 6, 149, 33, 25, 58}},
      {"translate English to German: That is good.", {13959, 1566, 12, 2968, 10, 466, 19, 207, 5}},
      {"a gob of drivel so sickly sweet", {3, 9, 281, 115, 13, 1262, 40, 78, 6802, 120, 2093}},
      {"H\u00e9ll\u00f3  Wo\u0155l\u1e0a\u00bf", {454, 154, 195, 4922, 3488, 2, 40, 2}},
      {"multi      space", {1249, 628}},
      {" leading", {1374}},
      {"\ufb01ne \u2460", {1399, 209}},
      {"Respublica superiorem", {7127, 15727, 9, 4784, 15, 51}},
  };
  for (const auto& [text, ids] : vectors) {
    EXPECT_EQ(t5.pieces(text), ids) << text;
    EXPECT_EQ(t5.encode(text, nullptr, 64).ids, ids) << "no begin: " << text;
  }
}

TEST(SentencePiece, AddsBeginAndEndWithinTheLength) {
  const SentencePiece both(testing::stories_model(), {true, true});
  EXPECT_EQ(both.encode("Once upon a time", nullptr, 4).ids, (Ids{1, 403, 407, 2}));
  EXPECT_EQ(both.encode("Zoo", nullptr, 128).ids, (Ids{1, 410, 469, 347, 2}));
  EXPECT_EQ(both.encode("Zoo", nullptr, 1).ids, (Ids{1, 2}));
  const SentencePiece neither(testing::stories_model(), {false, false});
  EXPECT_EQ(neither.encode("Zoo", nullptr, 128).ids, (Ids{410, 469, 347}));
  EXPECT_EQ(neither.encode("Zoo", nullptr, 128).pair_begin, 3) << "one token type";
}

TEST(SentencePiece, APairIsRefused) {
  const std::string_view pair = "b";
  EXPECT_NE(refusal([&] { stories().encode("a", &pair, 16); }), "");
}

TEST(SentencePiece, EmptyTextIsNoPieces) {
  EXPECT_EQ(story_ids(""), Ids{1});
  EXPECT_EQ(SentencePiece(small_bpe()).pieces("   "), Ids{}) << "spaces are trimmed";
  EXPECT_EQ(stories().pieces("  "), (Ids{410, 410, 410})) << "spaces are kept";
}

TEST(SentencePiece, UnusedPiecesAreTakenApartAgain) {
  const SentencePiece bpe(small_bpe());
  EXPECT_EQ(bpe.pieces("eabc"), (Ids{8, 7, 9, 5})) << "ab c";
  EXPECT_EQ(bpe.pieces("eabcd"), (Ids{8, 7, 11}));
  EXPECT_EQ(bpe.pieces("ebc"), (Ids{8, 7, 4, 5}));
  EXPECT_EQ(SentencePiece(small_unigram()).pieces("eabc"), (Ids{8, 7, 9, 5}));
}

TEST(SentencePiece, TheModelsRulesReplaceCharactersButNotWithinUserDefinedPieces) {
  SentencePieceModel model = small_bpe();
  model.charsmap = testing::small_rules();
  EXPECT_EQ(SentencePiece(model).pieces("dec?d"), (Ids{8, 6, 9, 8, 5, 6})) << "dab cd";
  model.pieces.push_back({"de", 0, ScoredPiece::Kind::kUserDefined});
  EXPECT_EQ(SentencePiece(model).pieces("dec"), (Ids{8, 17, 5}));
}

TEST(SentencePiece, UserDefinedPiecesStayWhole) {
  EXPECT_EQ(SentencePiece(small_bpe()).pieces("eXYa"), (Ids{8, 7, 15, 3}));
  EXPECT_EQ(SentencePiece(small_unigram()).pieces("eXYa"), (Ids{8, 7, 15, 3}));
}

TEST(SentencePiece, ARunOfTheUnknownIsOneIdOrItsBytes) {
  for (const auto& make : {small_bpe, small_unigram}) {
    EXPECT_EQ(SentencePiece(make(false)).pieces("e??e"), (Ids{8, 7, 0, 7}));
    EXPECT_EQ(SentencePiece(make(true)).pieces("e??e"), (Ids{8, 7, 17 + '?', 17 + '?', 7}));
  }
}

TEST(SentencePiece, InvalidUtf8BecomesReplacementCharactersByteByByte) {
  EXPECT_EQ(stories().text(stories().pieces("a\xff\xe2\x82z")), "a\ufffd\ufffd\ufffdz");
}

TEST(SentencePiece, AWordOfOneMegabyteEnds) {
  const std::string word(1 << 20, 'a');
  EXPECT_EQ(stories().text(stories().pieces(word)), word);
  const SentencePiece unigram(small_unigram());
  EXPECT_EQ(unigram.text(unigram.pieces(word)), word);
}

TEST(SentencePiece, SpecialTokensAndForeignIdsReadAsNothing) {
  EXPECT_EQ(stories().text(Ids{1, 403, -1, 407, 512, 261, 378, 2}), "Once upon a time");
  EXPECT_EQ(stories().text(Ids{}), "");
  EXPECT_EQ(stories().text(Ids{3 + 0xc3, 3 + 0xa9, 3 + 0xff}), "\u00e9\ufffd") << "bytes";
}

RC_GTEST_PROP(SentencePiece, GivesBackEveryUtf8TextWhereNormalizationKeepsIt, ()) {
  std::string text;
  for (const auto& part :
       *rc::gen::container<std::vector<std::string>>(rc::gen::element<std::string>(
           "a", "Once", " ", "  ", "\u00e9", "\u4e2d", "\n", "\U0001f600", "<s>", "z."))) {
    text += part;
  }
  RC_ASSERT(stories().text(stories().pieces(text)) == text);
}

RC_GTEST_PROP(SentencePiece, AnyBytesGiveIdsOfTheVocabularyWithinTheLength, (std::string text)) {
  const auto max_length = *rc::gen::inRange<std::int64_t>(1, 40);
  for (const std::int32_t id : stories().encode(text, nullptr, max_length).ids) {
    RC_ASSERT(id >= 0 && id < 512);
  }
  RC_ASSERT(stories().encode(text, nullptr, max_length).ids.size() <=
            static_cast<std::size_t>(max_length));
}

}  // namespace
}  // namespace cleave
