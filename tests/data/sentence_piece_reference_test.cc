// Our ids and texts against those of the SentencePiece library, on random texts.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sentencepiece_processor.h>

#include <bit>
#include <memory>

#include "common/data/sentence_piece/sentence_piece.h"
#include "tests/support/sentence_pieces.h"

namespace cleave {
namespace {

// Parts that texts are made of: letters of the small models, marks, spaces of several kinds, what
// normalization changes, and broken UTF-8.
const std::vector<std::string>& parts() {
  static const std::vector<std::string> all = {
      "a",   "b",      "c",      "d",      "e",      "ab",         "abc",  "XY",   "X",
      " ",   "   ",    "\u3000", "\t",     "\n",     "\u2581",     "?",    "the",  "Once upon",
      "ing", "\u00e9", "\u0155", "\ufb01", "\u2460", "e\u0301",    "\xff", "\xe2", "\xf0\x9f",
      "12",  ".",      "\u4e2d", "\uff21", "\x01",   "\U0001f600", "<s>",  "<unk>"};
  return all;
}

struct Both {
  explicit Both(SentencePieceModel model) : Both(write_sentence_pieces(model)) {}
  explicit Both(const std::string& bytes) : ours(parse_sentence_pieces(bytes)) {
    const auto status = library.LoadFromSerializedProto(bytes);
    if (!status.ok()) throw std::runtime_error(status.ToString());
  }
  SentencePiece ours;
  sentencepiece::SentencePieceProcessor library;
};

void expect_equal_on_random_texts(const Both& both) {
  EXPECT_TRUE(rc::check([&] {
    const auto picked = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(parts()));
    std::string text;
    for (const std::string& part : picked) text += part;
    const std::vector<int> ids = both.library.EncodeAsIds(text);
    RC_ASSERT(both.ours.pieces(text) == ids);
    RC_ASSERT(both.ours.text(ids) == both.library.DecodeIds(ids));
    const auto any =
        *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, both.library.GetPieceSize()));
    RC_ASSERT(both.ours.text(any) == both.library.DecodeIds(any));
  }));
}

TEST(SentencePieceReference, Stories260k) {
  expect_equal_on_random_texts(Both(testing::stories_model()));
}

TEST(SentencePieceReference, T5) {
  if (!fs::exists(testing::t5_file())) GTEST_SKIP() << "needs the fixtures beside the repository";
  expect_equal_on_random_texts(Both(read_file(testing::t5_file(), 1 << 20)));
}

TEST(SentencePieceReference, EveryKindOfPieceWithEveryNormalization) {
  for (const auto& make : {testing::small_bpe, testing::small_unigram}) {
    for (unsigned bits = 0; bits < 32; ++bits) {
      SentencePieceModel model = make((bits & 1) != 0);
      model.add_space = (bits & 2) != 0;
      model.space_as_suffix = (bits & 4) != 0;
      model.trim_spaces = (bits & 8) != 0;
      model.mark_spaces = (bits & 16) != 0;
      if (std::popcount(bits) % 2 == 1) model.charsmap = testing::small_rules();
      SCOPED_TRACE(bits);
      expect_equal_on_random_texts(Both(model));
    }
  }
}

TEST(SentencePieceReference, T5sNormalizationInEveryForm) {
  if (!fs::exists(testing::t5_file())) GTEST_SKIP() << "needs the fixtures beside the repository";
  const std::string rules = parse_sentence_pieces(read_file(testing::t5_file(), 1 << 20)).charsmap;
  for (unsigned bits = 0; bits < 4; ++bits) {
    SentencePieceModel model = testing::small_bpe(true);
    model.charsmap = rules;
    model.add_space = (bits & 1) != 0;
    model.trim_spaces = (bits & 2) != 0;
    expect_equal_on_random_texts(Both(model));
  }
}

}  // namespace
}  // namespace cleave
