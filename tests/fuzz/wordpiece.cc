// The first byte says what the rest is: "t" a text for a small vocabulary and "v" a vocab.txt.
// A vocabulary that is accepted tokenizes itself.
#include "common/data/wordpiece.h"
#include "common/base/error.h"

namespace cleave {
namespace {

void check_encoding(const WordPiece& tokenizer, std::string_view text, std::int64_t max_length) {
  const Encoding alone = tokenizer.encode(text, nullptr, max_length);
  CLEAVE_CHECK(static_cast<std::int64_t>(alone.ids.size()) <= max_length);
  const std::string_view half = text.substr(text.size() / 2);
  const Encoding pair = tokenizer.encode(text, &half, max_length);
  CLEAVE_CHECK(static_cast<std::int64_t>(pair.ids.size()) <= max_length);
}

const WordPiece& small() {
  static const WordPiece tokenizer(
      parse_vocab_txt("[PAD]\n[UNK]\n[CLS]\n[SEP]\nun\n##aff\n##able\na\n##b\n.\n\xe4\xb8\xad\n"),
      {});
  return tokenizer;
}

}  // namespace
}  // namespace cleave

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cleave;
  if (size == 0) return 0;
  const std::string_view rest(reinterpret_cast<const char*>(data) + 1, size - 1);
  try {
    if (data[0] == 't') check_encoding(small(), rest, 16);
    if (data[0] == 'v') check_encoding(WordPiece(parse_vocab_txt(rest), {}), rest, 128);
  } catch (const DataError&) {
  }
  return 0;
}
