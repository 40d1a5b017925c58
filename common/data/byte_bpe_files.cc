#include "common/data/byte_bpe_files.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "common/base/error.h"
#include "common/base/files.h"

namespace cleave {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxMerges = 1'000'000;

std::pair<std::string, std::string> two_pieces(std::string_view line, std::size_t number) {
  const std::size_t space = line.find(' ');
  if (space == 0 || space == std::string_view::npos || space + 1 == line.size() ||
      line.find(' ', space + 1) != std::string_view::npos) {
    throw DataError("merges, line " + std::to_string(number) + ": expected two pieces");
  }
  return {std::string(line.substr(0, space)), std::string(line.substr(space + 1))};
}

void add_merge(Merges& merges, std::pair<std::string, std::string> merge) {
  if (merges.size() == kMaxMerges) throw DataError("over 1000000 merges");
  merges.push_back(std::move(merge));
}

Merges read_merges(const json& list) {
  if (!list.is_array()) throw DataError("tokenizer.json: merges: expected a list");
  Merges merges;
  for (const json& item : list) {
    if (item.is_string()) {
      add_merge(merges, two_pieces(item.get<std::string>(), merges.size() + 1));
    } else if (item.is_array() && item.size() == 2 && item[0].is_string() && item[1].is_string()) {
      add_merge(merges, {item[0].get<std::string>(), item[1].get<std::string>()});
    } else {
      throw DataError("tokenizer.json: merges: expected two pieces in each entry");
    }
  }
  return merges;
}

bool is_byte_level(const json& pre_tokenizer) {
  return pre_tokenizer.is_object() && pre_tokenizer.value("type", json()) == "ByteLevel";
}

// The byte-level part of a pre-tokenizer, alone or in a sequence; null: none.
const json* byte_level(const json& pre_tokenizer) {
  if (is_byte_level(pre_tokenizer)) return &pre_tokenizer;
  if (!pre_tokenizer.is_object()) return nullptr;
  const auto parts = pre_tokenizer.find("pretokenizers");
  if (parts == pre_tokenizer.end() || !parts->is_array()) return nullptr;
  const auto found = std::find_if(parts->begin(), parts->end(), is_byte_level);
  return found == parts->end() ? nullptr : &*found;
}

}  // namespace

Merges parse_merges(std::string_view content) {
  Merges merges;
  for (std::size_t number = 1; !content.empty(); ++number) {
    const std::size_t end = std::min(content.find('\n'), content.size());
    std::string_view line = content.substr(0, end);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    if (!line.empty() && !(number == 1 && line.substr(0, 8) == "#version")) {
      add_merge(merges, two_pieces(line, number));
    }
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return merges;
}

ByteBpeOptions options_for(const Vocabulary& vocabulary) {
  ByteBpeOptions options;
  const auto begin = vocabulary.find("<s>"), separate = vocabulary.find("</s>");
  if (begin != vocabulary.end() && separate != vocabulary.end()) {
    options.begin = begin->second;
    options.separate = separate->second;
  }
  return options;
}

ByteBpe parse_byte_bpe(const json& document) {
  const auto part = [&](const char* key) {
    return document.is_object() ? document.value(key, json()) : json();
  };
  const json pre_tokenizer = part("pre_tokenizer"), model = part("model");
  const json* const level = byte_level(pre_tokenizer);
  if (!level || !model.is_object() || model.value("type", json()) != "BPE") {
    throw DataError("tokenizer.json does not hold a byte-level BPE");
  }
  const Vocabulary vocabulary = read_vocabulary(model.value("vocab", json()), "tokenizer.json");
  ByteBpeOptions options = options_for(vocabulary);
  options.prefix_space = level->value("add_prefix_space", json()) == true;
  return ByteBpe(vocabulary, read_merges(model.value("merges", json())), std::move(options));
}

ByteBpe load_byte_bpe(const fs::path& folder) {
  const Vocabulary vocabulary = read_vocabulary(
      parse_json(read_file(folder / "vocab.json", kMaxTokenizerBytes), "vocab.json"), "vocab.json");
  ByteBpeOptions options = options_for(vocabulary);
  return ByteBpe(vocabulary, parse_merges(read_file(folder / "merges.txt", kMaxTokenizerBytes)),
                 std::move(options));
}

}  // namespace cleave
