// A SentencePiece tokenizer as it lies in a Hugging Face folder.
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/sentence_piece/sentence_piece.h"
#include "common/data/vocabulary.h"

namespace cleave {
namespace {

using nlohmann::json;

SentencePieceOptions read_options(const fs::path& file) {
  SentencePieceOptions options;
  if (!fs::exists(file)) return options;
  const json settings = parse_json(read_file(file, kMaxTokenizerBytes), file.string());
  if (!settings.is_object()) return options;
  const json begin = settings.value("add_bos_token", json());
  if (begin.is_boolean()) options.add_begin = begin.get<bool>();
  options.add_end = settings.value("add_eos_token", json()) == true;
  return options;
}

}  // namespace

SentencePiece load_sentence_piece(const fs::path& folder) {
  const fs::path file = folder / "tokenizer.model";
  const SentencePieceOptions options = read_options(folder / "tokenizer_config.json");
  const std::string bytes = read_file(file, kMaxTokenizerBytes);
  try {
    return SentencePiece(parse_sentence_pieces(bytes), options);
  } catch (const DataError& error) {
    throw DataError(file.string() + " is no SentencePiece model that can be used: " + error.what());
  }
}

}  // namespace cleave
