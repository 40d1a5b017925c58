// The first byte says what the rest is: "j" a tokenizer.json, "m" a vocab.json, a zero byte and a
// merges.txt, "s" a tokenizer.model, "c" a tokenizer_config.json, a zero byte, a
// special_tokens_map.json, a zero byte and an added_tokens.json. A tokenizer that is accepted reads
// its own file, and pieces of its own.
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/data/byte_bpe.h"
#include "common/data/merges_file.h"
#include "common/data/sentence_piece/sentence_piece.h"
#include "common/data/tokenizer_document.h"
#include "common/data/tokenizer_settings.h"

namespace cleave {
namespace {

void check_encoding(const Tokenizer& tokenizer, std::string_view text) {
  const Encoding encoding = tokenizer.encode(text, nullptr, 128);
  CLEAVE_CHECK(encoding.ids.size() <= 128);
  CLEAVE_CHECK(encoding.pair_begin == static_cast<std::int32_t>(encoding.ids.size()));
}

void check_byte_bpe(const ByteBpe& tokenizer, std::string_view text) {
  check_encoding(tokenizer, text);
  const std::string ended = std::string(text.substr(0, 1000)) + ".";
  CLEAVE_CHECK(tokenizer.text(tokenizer.pieces(ended)) == ended);
}

void check_sentence_piece(std::string_view file) {
  SentencePieceModel model = parse_sentence_pieces(file);
  CLEAVE_CHECK(write_sentence_pieces(parse_sentence_pieces(write_sentence_pieces(model))) ==
               write_sentence_pieces(model));
  std::string text;
  for (const ScoredPiece& piece : model.pieces) {
    if (text.size() < 1000) text += piece.text;
  }
  const auto size = static_cast<std::int32_t>(model.pieces.size());
  const SentencePiece tokenizer(std::move(model));
  for (const std::string_view of : {std::string_view(text), file.substr(0, 1000)}) {
    check_encoding(tokenizer, of);
    const std::vector<std::int32_t> ids = tokenizer.pieces(of);
    for (const std::int32_t id : ids) CLEAVE_CHECK(id >= 0 && id < size);
    tokenizer.text(ids);
  }
}

void check_document(std::string_view file) {
  TokenizerDocument document = parse_tokenizer_document(file);
  const auto check = [&](Tokenizer&& tokenizer) {
    tokenizer.set_added(document.added);
    for (const std::string_view text : {file.substr(0, 1000), file.substr(file.size() / 2)}) {
      tokenizer.encode(text, nullptr, 128);
    }
  };
  switch (document.model) {
    case TokenizerDocument::Model::kWordPiece:
      return check(WordPiece(document.vocabulary, document.wordpiece));
    case TokenizerDocument::Model::kByteBpe:
      check(ByteBpe(document.vocabulary, document.merges, {}));
      return check_byte_bpe(ByteBpe(document.vocabulary, document.merges, {}), file);
    case TokenizerDocument::Model::kMetaspaceBpe:
      return check(MetaspaceBpe(document.vocabulary, document.merges, document.metaspace));
  }
}

// What stands before the next zero byte, which is taken off `rest` with it.
std::string_view until_zero(std::string_view& rest) {
  const std::size_t end = std::min(rest.find('\0'), rest.size());
  const std::string_view out = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return out;
}

}  // namespace
}  // namespace cleave

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cleave;
  if (size == 0) return 0;
  std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    if (data[0] == 'j') check_document(rest);
    if (data[0] == 'm') {
      const std::string_view file = rest;
      const auto vocabulary = read_vocabulary(parse_json(until_zero(rest), "vocab"), "vocab");
      check_byte_bpe(ByteBpe(vocabulary, parse_merges(rest), {}), file);
    }
    if (data[0] == 's') check_sentence_piece(rest);
    if (data[0] == 'c') {
      const std::string_view config = until_zero(rest), special = until_zero(rest);
      for (const AddedToken& token : parse_tokenizer_settings(config, special, rest).added) {
        CLEAVE_CHECK(token.id >= 0 && token.id < 1'000'000);
      }
    }
  } catch (const DataError&) {
  }
  return 0;
}
