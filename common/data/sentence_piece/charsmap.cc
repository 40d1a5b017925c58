#include "common/data/sentence_piece/charsmap.h"

#include <cstring>

#include "common/base/error.h"

namespace cleave {
namespace {

// One unit of the double array: a node's label, where its children lie and whether it ends a rule;
// or, at the end of a rule, the place of its replacement.
bool ends_rule(std::uint32_t unit) { return (unit >> 8 & 1) != 0; }
std::uint32_t label(std::uint32_t unit) { return unit & 0x800000ff; }
std::uint32_t children(std::uint32_t unit) { return unit >> 10 << ((unit & 0x200) >> 6); }
std::uint32_t value(std::uint32_t unit) { return unit & 0x7fffffff; }

}  // namespace

Charsmap::Charsmap(std::string_view bytes) {
  if (bytes.empty()) return;
  std::uint32_t size = 0;
  if (bytes.size() >= sizeof size) std::memcpy(&size, bytes.data(), sizeof size);
  if (bytes.size() <= sizeof size || size >= bytes.size() - sizeof size ||
      size % sizeof(std::uint32_t) != 0) {
    throw DataError("its normalization rules are broken: the trie's size is wrong");
  }
  trie_.resize(size / sizeof(std::uint32_t));
  if (size > 0) std::memcpy(trie_.data(), bytes.data() + sizeof size, size);
  replacements_ = bytes.substr(sizeof size + size);
}

Charsmap::Rule Charsmap::longest(std::string_view text) const {
  Rule rule;
  if (trie_.empty()) return rule;
  std::uint32_t at = children(trie_[0]);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    at ^= byte;
    if (at >= trie_.size() || label(trie_[at]) != byte) break;
    const std::uint32_t unit = trie_[at];
    at ^= children(unit);
    if (!ends_rule(unit)) continue;
    const std::size_t begin = at < trie_.size() ? value(trie_[at]) : replacements_.size();
    if (begin >= replacements_.size()) continue;
    const std::string_view rest = std::string_view(replacements_).substr(begin);
    rule = {i + 1, rest.substr(0, rest.find('\0'))};
  }
  return rule;
}

}  // namespace cleave
