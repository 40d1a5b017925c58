// GPT-2's and RoBERTa's byte-level BPE: text to token ids and back (spec pruning_and_data.md 7.2).
// Every byte has a piece, so that nothing is unknown and invalid UTF-8 is kept.
//
// Memory bound: the vocabulary (at most 1 million entries) and as many merges.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/data/bpe_merges.h"
#include "common/data/tokenizer.h"

namespace cleave {

struct ByteBpeOptions {
  // RoBERTa's <s> and </s>; without them a text is its pieces alone, as GPT-2 has it.
  std::optional<std::int32_t> begin, separate;
  bool prefix_space = false;  // a text that does not begin with a space gets one
  // Strings that are cut out first and are one id each; the space around them goes with them.
  std::vector<std::pair<std::string, std::int32_t>> special;
};

class ByteBpe : public Tokenizer {
 public:
  // `vocabulary` maps pieces, spelt in printable characters, to ids; `merges` in order of rank.
  // Errors: DataError when a byte has no piece, or a merge names one that is not there.
  ByteBpe(const Vocabulary& vocabulary, const Merges& merges, ByteBpeOptions options);

  // The inverse; ids outside the vocabulary and an incomplete character at the end are dropped.
  std::string text(std::span<const std::int32_t> ids) const override;

 private:
  void segment(std::string_view text, bool at_start, std::vector<std::int32_t>& out) const override;

  std::int32_t byte_ids_[256];
  BpeMerges merges_;
  std::unordered_map<std::int32_t, std::string> bytes_;  // of every id
  ByteBpeOptions options_;
};

// Where GPT-2 splits a text before merging: contractions, runs of letters, of numbers and of other
// signs, each with the one space before it, and runs of whitespace.
std::vector<std::string_view> split_as_gpt2(std::string_view text);

}  // namespace cleave
