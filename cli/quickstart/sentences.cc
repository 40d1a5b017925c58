#include "cli/quickstart/sentences.h"

#include "common/base/random.h"

namespace cleave {
namespace {

using Words = std::vector<std::string_view>;

// In the order in which they are said; experiments/quickstart_backbone has the same lists.
const std::vector<Words> kAttributes = {
    {"tiny", "small", "large", "huge"},
    {"new", "old", "ancient", "modern"},
    {"red", "blue", "green", "yellow", "black", "white"},
    {"wooden", "metal", "glass", "paper", "stone", "plastic"},
    {"box", "chair", "table", "lamp", "bottle", "cup", "door", "plate"}};
constexpr std::size_t kColour = 2, kMaterial = 3;
const Words kDeterminers = {"a", "the", "one", "this", "that"};
const Words kVerbs = {"stands", "lies", "waits"};
const Words kPlaces = {"near", "beside", "behind", "under", "against"};
const Words kAdverbs = {"here", "there", "now", "again", "today", "inside", "outside"};

std::string_view any_of(const Words& words, Stream& stream) {
  return words[stream.below(words.size())];
}

// Two words of the list, equal or not as asked.
std::pair<std::string_view, std::string_view> two_of(const Words& words, bool equal,
                                                     Stream& stream) {
  const std::size_t first = stream.below(words.size());
  const std::size_t step = equal ? 0 : 1 + stream.below(words.size() - 1);
  return {words[first], words[(first + step) % words.size()]};
}

void say(std::string& text, std::string_view word) {
  if (!text.empty()) text += ' ';
  text += word;
}

// Which attributes agree: the others than these two in half of all sentences.
std::vector<bool> agreements(bool colour, bool material, Stream& stream) {
  std::vector<bool> agree;
  for (std::size_t a = 0; a < kAttributes.size(); ++a) agree.push_back(stream.below(2) == 0);
  agree[kColour] = colour;
  agree[kMaterial] = material;
  return agree;
}

std::string describe(const std::vector<bool>& agree, Stream& stream) {
  std::string first(any_of(kDeterminers, stream)), second(any_of(kDeterminers, stream));
  for (std::size_t a = 0; a < kAttributes.size(); ++a) {
    const auto [one, other] = two_of(kAttributes[a], agree[a], stream);
    say(first, one);
    say(second, other);
  }
  std::string text = first;
  say(text, any_of(kVerbs, stream));
  say(text, any_of(kPlaces, stream));
  say(text, second);
  for (std::uint64_t n = stream.below(3); n > 0; --n) say(text, any_of(kAdverbs, stream));
  return text;
}

}  // namespace

std::vector<Sentence> make_sentences(std::size_t count, std::uint64_t seed,
                                     std::string_view purpose) {
  Stream stream(seed, purpose);
  std::vector<Sentence> sentences;
  for (std::size_t i = 0; i < count; ++i) {
    const bool alike = i % 2 == 1;
    const bool colour = alike || i % 3 == 0, material = alike || i % 3 == 1;
    sentences.push_back({describe(agreements(colour, material, stream), stream), alike});
  }
  stream.shuffle(sentences);
  return sentences;
}

}  // namespace cleave
