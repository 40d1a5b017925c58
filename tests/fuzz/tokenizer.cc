// The first byte says what the rest is: "j" a tokenizer.json of byte-level BPE, "m" a vocab.json, a
// zero byte and a merges.txt, "s" a tokenizer.model. A tokenizer that is accepted reads its own
// file, and pieces of its own.
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/data/byte_bpe_files.h"
#include "common/data/sentence_piece/sentence_piece.h"

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

}  // namespace
}  // namespace cleave

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cleave;
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    if (data[0] == 'j') check_byte_bpe(parse_byte_bpe(parse_json(rest, "tokenizer.json")), rest);
    if (data[0] == 'm') {
      const std::size_t end = std::min(rest.find('\0'), rest.size());
      const auto vocabulary = read_vocabulary(parse_json(rest.substr(0, end), "vocab"), "vocab");
      const std::string_view merges = rest.substr(std::min(end + 1, rest.size()));
      check_byte_bpe(ByteBpe(vocabulary, parse_merges(merges), options_for(vocabulary)), rest);
    }
    if (data[0] == 's') check_sentence_piece(rest);
  } catch (const DataError&) {
  }
  return 0;
}
