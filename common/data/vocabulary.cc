#include "common/data/vocabulary.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "common/base/error.h"

namespace cleave {
namespace {

constexpr std::size_t kMaxEntries = 1'000'000;

}  // namespace

using nlohmann::json;

json parse_json(std::string_view content, const std::string& what) {
  try {
    return json::parse(content);
  } catch (const json::exception& error) {
    throw DataError(what + " is not valid JSON (" + error.what() + ")");
  }
}

void add_piece(Vocabulary& vocabulary, std::string piece, std::int64_t id) {
  if (vocabulary.size() == kMaxEntries) throw DataError("the vocabulary has over 1000000 entries");
  if (!vocabulary.emplace(std::move(piece), static_cast<std::int32_t>(id)).second) {
    throw DataError("the vocabulary lists the entry " + std::to_string(id) + " twice");
  }
}

Vocabulary read_vocabulary(const json& object, const std::string& what) {
  if (!object.is_object()) throw DataError(what + " does not hold a vocabulary");
  Vocabulary vocabulary;
  std::vector<bool> taken(kMaxEntries);
  for (const auto& [piece, id] : object.items()) {
    if (!id.is_number_unsigned() || id.get<std::uint64_t>() >= kMaxEntries) {
      throw DataError(what + ": the id of \"" + piece.substr(0, 40) + "\" is not an index");
    }
    if (taken[id.get<std::size_t>()]) {
      throw DataError(what + ": the id of \"" + piece.substr(0, 40) + "\" is another piece's too");
    }
    taken[id.get<std::size_t>()] = true;
    add_piece(vocabulary, piece, id.get<std::int64_t>());
  }
  return vocabulary;
}

}  // namespace cleave
