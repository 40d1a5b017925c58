// tokenizer.model and what lies beside it, whole and broken; and llama2.c's form.
#include <gtest/gtest.h>

#include <limits>

#include "common/data/sentence_piece/protobuf_fields.h"
#include "common/data/sentence_piece/sentence_piece.h"
#include "tests/support/refusal.h"
#include "tests/support/sentence_pieces.h"
#include "tests/support/temporary_folder.h"

namespace cleave {
namespace {

using testing::refusal;
using testing::small_bpe;
using testing::TemporaryFolder;
using Ids = std::vector<std::int32_t>;
using Kind = ScoredPiece::Kind;

std::string why_refused(const SentencePieceModel& model) {
  return refusal([&] { SentencePiece{model}; });
}

TEST(SentencePieceFiles, AModelIsReadBackAsItWasWritten) {
  SentencePieceModel model = small_bpe(true);
  model.charsmap = std::string("\x04\0\0\0abcdx\0", 10);
  model.begin_piece = "<bos>";
  model.end_piece = "<eos>";
  model.unknown_text = "?";
  model.add_space = model.trim_spaces = model.mark_spaces = false;
  model.space_as_suffix = true;
  EXPECT_EQ(parse_sentence_pieces(write_sentence_pieces(model)), model);
}

TEST(SentencePieceFiles, AFolderWithTokenizerModelAddsWhatItsConfigAsksFor) {
  const TemporaryFolder folder;
  const auto ids = [&] { return load_tokenizer(folder.path())->encode("Zoo", nullptr, 9).ids; };
  write_atomically(folder / "tokenizer.model", write_sentence_pieces(testing::stories_model()));
  EXPECT_EQ(ids(), (Ids{410, 469, 347}));
  write_atomically(folder / "tokenizer_config.json",
                   R"({"add_bos_token": true, "add_eos_token": true})");
  EXPECT_EQ(ids(), (Ids{1, 410, 469, 347, 2}));
  write_atomically(folder / "tokenizer_config.json", R"({"add_bos_token": true})");
  EXPECT_EQ(ids(), (Ids{1, 410, 469, 347}));
}

TEST(SentencePieceFiles, ABrokenModelIsRefusedByName) {
  const TemporaryFolder folder;
  const std::string whole = write_sentence_pieces(small_bpe());
  std::string unknown_type = whole;
  append_bytes(unknown_type, 2, std::string("\x18\x03", 2));  // segmentation by words
  for (const std::string& bytes :
       {std::string(), std::string("not a model"), whole.substr(0, whole.size() - 1),
        std::string(20, '\xff'), std::string("\x0a\xff\xff\xff\xff\x0f"), unknown_type}) {
    write_atomically(folder / "tokenizer.model", bytes);
    const std::string why = refusal([&] { load_tokenizer(folder.path()); });
    EXPECT_EQ(why.rfind((folder / "tokenizer.model").string(), 0), 0u) << why;
  }
}

TEST(SentencePieceFiles, ATokenThatTheModelLacksCannotBeAdded) {
  const TemporaryFolder folder;
  SentencePieceModel model = testing::stories_model();
  model.end_piece = "<end>";
  write_atomically(folder / "tokenizer.model", write_sentence_pieces(model));
  write_atomically(folder / "tokenizer_config.json", R"({"add_eos_token": true})");
  const std::string why = refusal([&] { load_tokenizer(folder.path()); });
  EXPECT_NE(why.find("eos_token is missing"), std::string::npos) << why;
}

TEST(SentencePieceFiles, PiecesThatMakeNoTokenizerAreRefused) {
  const auto with = [](ScoredPiece piece) {
    SentencePieceModel model = small_bpe();
    model.pieces.push_back(std::move(piece));
    return model;
  };
  EXPECT_EQ(why_refused(with({"f", -1})), "");
  EXPECT_NE(why_refused(with({"", -1})), "") << "empty";
  EXPECT_NE(why_refused(with({"ab", -1})), "") << "twice";
  EXPECT_NE(why_refused(with({"<s>", 0, Kind::kControl})), "") << "twice";
  EXPECT_NE(why_refused(with({"u", 0, Kind::kUnknown})), "") << "a second unknown";
  EXPECT_NE(why_refused(with({"<0x00>", 0, Kind::kByte})), "") << "bytes without byte fallback";
  EXPECT_NE(why_refused(with({"f", std::numeric_limits<float>::quiet_NaN()})), "");
  SentencePieceModel model = small_bpe(true);
  model.pieces.pop_back();
  EXPECT_NE(why_refused(model), "") << "255 bytes";
  model = small_bpe();
  model.pieces.erase(model.pieces.begin());
  EXPECT_NE(why_refused(model), "") << "no unknown";
  EXPECT_NE(why_refused({}), "");
}

TEST(SentencePieceFiles, NormalizationRulesThatLeadOutsideTheirTrieEnd) {
  SentencePieceModel model = small_bpe();
  for (const char* size : {"\xff\0\0\0", "\x03\0\0\0", "\x08\0\0\0"}) {
    model.charsmap = std::string(size, 4) + "12345678";
    EXPECT_NE(why_refused(model), "");
  }
  model.charsmap = std::string("\x04\0\0\0\xff\xff\xff\x7fx", 9);
  EXPECT_EQ(SentencePiece(model).pieces("eab"), (Ids{8, 7, 9}));
}

TEST(Llama2cTokenizer, ABrokenFileIsRefused) {
  const std::string whole =
      read_file(fs::path(CLEAVE_SOURCE_DIR) / "tests/golden/stories260k/tok512.bin", 1 << 20);
  const auto why = [](const std::string& bytes) {
    return refusal([&] { SentencePiece{parse_llama2c_tokenizer(bytes)}; });
  };
  EXPECT_EQ(why(whole), "");
  EXPECT_NE(why(whole.substr(0, whole.size() - 1)), "") << "cut";
  EXPECT_NE(why(whole.substr(0, 100)), "") << "few pieces";
  EXPECT_NE(why(""), "");
  EXPECT_NE(why(whole + whole.substr(whole.size() - 11)), "") << "the last piece twice";
  for (const char* length : {"\xff\xff\xff\xff", "\xff\xff\xff\x7f"}) {
    EXPECT_NE(why(std::string(whole).replace(8, 4, length, 4)), "") << "of piece 0";
  }
}

}  // namespace
}  // namespace cleave
