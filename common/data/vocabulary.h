// Vocabularies of tokenizers as their JSON files hold them.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <unordered_map>

namespace cleave {

// Pieces to ids.
using Vocabulary = std::unordered_map<std::string, std::int32_t>;

inline constexpr std::uint64_t kMaxTokenizerBytes = 64 << 20;

// Errors: DataError naming `what`.
nlohmann::json parse_json(std::string_view content, const std::string& what);

// Errors: DataError for a piece that is there already, or over 1 million.
void add_piece(Vocabulary& vocabulary, std::string piece, std::int64_t id);

// An object of pieces and ids, each id once. Errors: DataError naming `what`.
Vocabulary read_vocabulary(const nlohmann::json& object, const std::string& what);

}  // namespace cleave
