// The file forms of a WordPiece vocabulary.
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/vocabulary.h"
#include "common/data/wordpiece.h"

namespace cleave {

using nlohmann::json;

Vocabulary parse_vocab_txt(std::string_view content) {
  Vocabulary vocabulary;
  for (std::int64_t id = 0; !content.empty(); ++id) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    std::string_view piece = content.substr(0, end);
    if (!piece.empty() && piece.back() == '\r') piece.remove_suffix(1);
    add_piece(vocabulary, std::string(piece), id);
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return vocabulary;
}

Vocabulary parse_tokenizer_json(std::string_view content, WordPieceOptions& options) {
  const json document = parse_json(content, "tokenizer.json");
  const json model = document.is_object() ? document.value("model", json()) : json();
  if (!model.is_object() || model.value("type", json()) != "WordPiece" ||
      !model.contains("vocab") || !model["vocab"].is_object()) {
    throw DataError("tokenizer.json does not hold a WordPiece vocabulary");
  }
  const json normalizer = document.value("normalizer", json());
  if (normalizer.is_object() && normalizer.value("lowercase", json()).is_boolean()) {
    options.lower_case = normalizer["lowercase"].get<bool>();
  }
  return read_vocabulary(model["vocab"], "tokenizer.json");
}

WordPiece load_wordpiece(const fs::path& folder) {
  WordPieceOptions options;
  const fs::path text = folder / "vocab.txt";
  const fs::path combined = folder / "tokenizer.json";
  try {
    if (fs::exists(text)) {
      const fs::path config = folder / "tokenizer_config.json";
      if (fs::exists(config)) {
        const json settings = parse_json(read_file(config, kMaxTokenizerBytes), config.string());
        const json lower = settings.is_object() ? settings.value("do_lower_case", json()) : json();
        if (lower.is_boolean()) options.lower_case = lower.get<bool>();
      }
      return WordPiece(parse_vocab_txt(read_file(text, kMaxTokenizerBytes)), options);
    }
    if (fs::exists(combined)) {
      Vocabulary vocabulary =
          parse_tokenizer_json(read_file(combined, kMaxTokenizerBytes), options);
      return WordPiece(std::move(vocabulary), options);
    }
  } catch (const DataError& error) {
    throw DataError(folder.string() + ": " + error.what());
  }
  throw DataError(folder.string() +
                  " has neither vocab.txt nor tokenizer.json; copy the tokenizer's "
                  "files beside the model");
}

}  // namespace cleave
