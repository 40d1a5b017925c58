#include "common/data/tokenizer.h"

#include <optional>

#include "common/base/error.h"

namespace cleave {

std::string Tokenizer::text(std::span<const std::int32_t>) const {
  throw DataError("this tokenizer has no way back from ids to text");
}

std::string Tokenizer::normalized(std::string_view text) const { return std::string(text); }

void Tokenizer::set_added(std::vector<AddedToken> tokens) {
  added_ = AddedTokens(std::move(tokens), [&](std::string_view text) { return normalized(text); });
}

std::vector<std::int32_t> Tokenizer::pieces(std::string_view text) const {
  std::vector<std::int32_t> out;
  added_.split(text, false, [&](std::string_view part, const AddedToken* token) {
    if (token) return out.push_back(token->id);
    const bool at_start = part.data() == text.data();
    const std::string normal = normalized(part);
    added_.split(normal, true, [&](std::string_view inner, const AddedToken* found) {
      if (found) return out.push_back(found->id);
      segment(inner, at_start && inner.data() == normal.data(), out);
    });
  });
  return out;
}

Encoding Tokenizer::encode(std::string_view text, const std::string_view* pair,
                           std::int64_t max_length) const {
  std::optional<std::vector<std::int32_t>> second;
  if (pair) second = pieces(*pair);
  return frame_.apply(pieces(text), std::move(second), max_length);
}

}  // namespace cleave
