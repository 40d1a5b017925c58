// The quickstart's data: generated sentences about two things, labelled by whether the two are
// alike in both colour and material. It writes no file. The words are those of the backbone's
// vocabulary.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace cleave {

struct Sentence {
  std::string text;  // "the tiny old red wooden box stands near a huge new blue metal lamp today"
  bool alike = false;
};

// Half of them are alike; of the others a third agrees in colour, a third in material, a third in
// neither. Every other attribute agrees in half of all. `purpose` names the random stream.
std::vector<Sentence> make_sentences(std::size_t count, std::uint64_t seed,
                                     std::string_view purpose);

}  // namespace cleave
