#include "common/data/tokenizer.h"

#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/files.h"
#include "common/data/byte_bpe_files.h"
#include "common/data/sentence_piece/sentence_piece.h"
#include "common/data/wordpiece.h"

namespace cleave {
namespace {

using nlohmann::json;

// Whether tokenizer.json says that it holds this kind of model.
bool holds(const fs::path& file, const char* type) {
  if (!fs::exists(file)) return false;
  const json document = parse_json(read_file(file, kMaxTokenizerBytes), file.string());
  const json model = document.is_object() ? document.value("model", json()) : json();
  return model.is_object() && model.value("type", json()) == type;
}

std::unique_ptr<Tokenizer> load(const fs::path& folder) {
  const fs::path combined = folder / "tokenizer.json";
  if (fs::exists(folder / "tokenizer.model")) {
    return std::make_unique<SentencePiece>(load_sentence_piece(folder));
  }
  if (fs::exists(folder / "vocab.json") && fs::exists(folder / "merges.txt")) {
    return std::make_unique<ByteBpe>(load_byte_bpe(folder));
  }
  if (!fs::exists(folder / "vocab.txt") && holds(combined, "BPE")) {
    return std::make_unique<ByteBpe>(
        parse_byte_bpe(parse_json(read_file(combined, kMaxTokenizerBytes), combined.string())));
  }
  return std::make_unique<WordPiece>(load_wordpiece(folder));
}

}  // namespace

std::string Tokenizer::text(std::span<const std::int32_t>) const {
  throw DataError("this tokenizer has no way back from ids to text");
}

void cut_longest_first(std::vector<std::int32_t>& a, std::vector<std::int32_t>& b,
                       std::size_t room) {
  const bool first_longer = a.size() > b.size();
  while (a.size() + b.size() > room) {
    const bool cut_second = b.size() > a.size() || (first_longer && b.size() == a.size());
    (cut_second ? b : a).pop_back();
  }
}

std::unique_ptr<Tokenizer> load_tokenizer(const fs::path& folder) {
  try {
    return load(folder);
  } catch (const DataError& error) {
    const std::string what = error.what();
    if (what.rfind(folder.string(), 0) == 0) throw;
    throw DataError(folder.string() + ": " + what);
  }
}

}  // namespace cleave
