// Replacement rules for the beginning of a text, compiled as SentencePiece stores them: the trie's
// size in bytes, the trie (a double array of Darts-clone), and the replacements, each ended by a
// zero byte. It reads rules and makes none.
//
// Thread-safe after construction.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cleave {

class Charsmap {
 public:
  // `bytes` as above, or empty for no rules. Errors: DataError when the trie's size is wrong.
  explicit Charsmap(std::string_view bytes);

  struct Rule {
    std::size_t bytes = 0;  // that it replaces; 0: no rule applies
    std::string_view replacement;
  };
  // The longest rule that `text` begins with. A trie that leads outside itself ends there.
  Rule longest(std::string_view text) const;

 private:
  std::vector<std::uint32_t> trie_;
  std::string replacements_;
};

}  // namespace cleave
