#include "common/data/added_tokens.h"

#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <algorithm>

#include "common/base/error.h"
#include "common/data/white_space.h"

namespace cleave {
namespace {

// What a regular expression calls \w.
bool is_word(UChar32 c) {
  const auto mask = U_GC_M_MASK | U_GC_ND_MASK | U_GC_PC_MASK;
  return c >= 0 && (u_isUAlphabetic(c) || (U_GET_GC_MASK(c) & mask) != 0 ||
                    u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL));
}

UChar32 last_character(std::string_view text) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  auto i = static_cast<std::int32_t>(text.size());
  UChar32 c = 0;
  U8_PREV(bytes, 0, i, c);
  return c;
}

UChar32 first_character(std::string_view text) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  std::int32_t i = 0;
  UChar32 c = 0;
  U8_NEXT(bytes, i, static_cast<std::int32_t>(text.size()), c);
  return c;
}

bool stands_alone(std::string_view text, std::size_t begin, std::size_t end) {
  return (begin == 0 || !is_word(last_character(text.substr(0, begin)))) &&
         (end == text.size() || !is_word(first_character(text.substr(end))));
}

}  // namespace

AddedTokens::AddedTokens(std::vector<AddedToken> tokens,
                         const std::function<std::string(std::string_view)>& normalize)
    : tokens_(std::move(tokens)) {
  for (std::size_t i = 0; i < tokens_.size(); ++i) {
    const AddedToken& token = tokens_[i];
    std::string key = token.normalized ? normalize(token.content) : token.content;
    if (key.empty()) {
      throw DataError("nothing is left of the added token " + std::to_string(token.id) +
                      " once it is normalized");
    }
    Keys& keys = token.normalized ? normal_ : raw_;
    std::vector<Key>& same_start = keys[static_cast<std::uint8_t>(key[0])];
    same_start.push_back({std::move(key), i});
  }
  for (Keys* keys : {&raw_, &normal_}) {
    for (std::vector<Key>& of : *keys) {
      std::stable_sort(of.begin(), of.end(),
                       [](const Key& a, const Key& b) { return a.text.size() > b.text.size(); });
    }
  }
}

const AddedTokens::Key* AddedTokens::at(const Keys& keys, std::string_view text) const {
  const std::vector<Key>& of = keys[static_cast<std::uint8_t>(text[0])];
  const auto found = std::find_if(of.begin(), of.end(), [&](const Key& key) {
    return text.substr(0, key.text.size()) == key.text;
  });
  return found == of.end() ? nullptr : &*found;
}

void AddedTokens::split(std::string_view text, bool normalized, const Found& found) const {
  const Keys& keys = normalized ? normal_ : raw_;
  std::size_t done = 0;
  for (std::size_t i = 0; i < text.size();) {
    const Key* const key = at(keys, text.substr(i));
    if (!key) {
      ++i;
      continue;
    }
    const AddedToken& token = tokens_[key->token];
    std::size_t begin = i, end = i + key->text.size();
    i = end;
    if (token.single_word && !stands_alone(text, begin, end)) continue;
    if (token.left_strip)
      begin = std::max(done, without_space_at_end(text.substr(0, begin)).size());
    if (token.right_strip) end = text.size() - without_space_at_start(text.substr(end)).size();
    if (done < begin) found(text.substr(done, begin - done), nullptr);
    found(text.substr(std::min(begin, end), end - std::min(begin, end)), &token);
    done = end;
  }
  if (done < text.size()) found(text.substr(done), nullptr);
}

}  // namespace cleave
