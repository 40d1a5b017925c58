// The file forms of a WordPiece vocabulary.
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/wordpiece.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxFile = 64 << 20;
constexpr std::size_t kMaxEntries = 1'000'000;

using Vocabulary = std::unordered_map<std::string, std::int32_t>;
using nlohmann::json;

json parse(std::string_view content, const std::string& what) {
  try {
    return json::parse(content);
  } catch (const json::exception& error) {
    throw DataError(what + " is not valid JSON (" + error.what() + ")");
  }
}

void insert(Vocabulary& vocabulary, std::string piece, std::int64_t id) {
  if (vocabulary.size() == kMaxEntries) throw DataError("the vocabulary has over 1000000 entries");
  if (!vocabulary.emplace(std::move(piece), static_cast<std::int32_t>(id)).second) {
    throw DataError("the vocabulary lists the entry " + std::to_string(id) + " twice");
  }
}

}  // namespace

Vocabulary parse_vocab_txt(std::string_view content) {
  Vocabulary vocabulary;
  for (std::int64_t id = 0; !content.empty(); ++id) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    std::string_view piece = content.substr(0, end);
    if (!piece.empty() && piece.back() == '\r') piece.remove_suffix(1);
    insert(vocabulary, std::string(piece), id);
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return vocabulary;
}

Vocabulary parse_tokenizer_json(std::string_view content, WordPieceOptions& options) {
  const json document = parse(content, "tokenizer.json");
  const json model = document.is_object() ? document.value("model", json()) : json();
  if (!model.is_object() || model.value("type", json()) != "WordPiece" ||
      !model.contains("vocab") || !model["vocab"].is_object()) {
    throw DataError("tokenizer.json does not hold a WordPiece vocabulary");
  }
  const json normalizer = document.value("normalizer", json());
  if (normalizer.is_object() && normalizer.value("lowercase", json()).is_boolean()) {
    options.lower_case = normalizer["lowercase"].get<bool>();
  }
  Vocabulary vocabulary;
  for (const auto& [piece, id] : model["vocab"].items()) {
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= kMaxEntries) {
      throw DataError("tokenizer.json: the id of \"" + piece.substr(0, 40) + "\" is not an index");
    }
    insert(vocabulary, piece, id.get<std::int64_t>());
  }
  return vocabulary;
}

WordPiece load_wordpiece(const fs::path& folder) {
  WordPieceOptions options;
  const fs::path text = folder / "vocab.txt";
  const fs::path combined = folder / "tokenizer.json";
  try {
    if (fs::exists(text)) {
      const fs::path config = folder / "tokenizer_config.json";
      if (fs::exists(config)) {
        const json settings = parse(read_file(config, kMaxFile), config.string());
        const json lower = settings.is_object() ? settings.value("do_lower_case", json()) : json();
        if (lower.is_boolean()) options.lower_case = lower.get<bool>();
      }
      return WordPiece(parse_vocab_txt(read_file(text, kMaxFile)), options);
    }
    if (fs::exists(combined)) {
      Vocabulary vocabulary = parse_tokenizer_json(read_file(combined, kMaxFile), options);
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
