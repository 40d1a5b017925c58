// The tokens of a tokenizer that are found in a text before it is segmented, such as "[MASK]" or
// words that somebody added, by the rules of Hugging Face's tokenizers library. It segments
// nothing.
//
// Thread-safe after construction.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace cleave {

struct AddedToken {
  std::string content;
  std::int32_t id = 0;
  bool left_strip = false, right_strip = false;  // it takes the whitespace beside it along
  bool single_word = false;                      // not where a letter stands beside it
  bool normalized = false;                       // looked for in the normalized text
  bool special = true;

  bool operator==(const AddedToken&) const = default;
};

class AddedTokens {
 public:
  AddedTokens() = default;
  // `normalize` makes of a content what a normalized text has of it. Errors: DataError for a token
  // of which nothing is left.
  AddedTokens(std::vector<AddedToken> tokens,
              const std::function<std::string(std::string_view)>& normalize);

  // Calls found(part, token) for the parts of a text in order, with null where they are no token;
  // of tokens that begin at the same place, the longest. `normalized` is which tokens are meant.
  using Found = std::function<void(std::string_view part, const AddedToken* token)>;
  void split(std::string_view text, bool normalized, const Found& found) const;

 private:
  struct Key {
    std::string text;
    std::size_t token;
  };
  // By their first byte, the longest first.
  using Keys = std::array<std::vector<Key>, 256>;
  const Key* at(const Keys& keys, std::string_view text) const;

  std::vector<AddedToken> tokens_;
  Keys raw_, normal_;
};

}  // namespace cleave
