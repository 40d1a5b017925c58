// SentencePiece models for tests: two small ones with every kind of piece, and published ones.
#pragma once

#include "common/base/files.h"
#include "common/data/sentence_piece/sentence_piece_model.h"
#include "experiments/tools/llama2c_tokenizer.h"

namespace cleave::testing {

inline SentencePieceModel stories_model() {
  return parse_llama2c_tokenizer(
      read_file(fs::path(CLEAVE_SOURCE_DIR) / "tests/golden/stories260k/tok512.bin", 1 << 20));
}

// T5's model, in a checkout of the fixtures beside the repository.
inline fs::path t5_file() {
  return fs::path(CLEAVE_SOURCE_DIR).parent_path() /
         "shared/data/tokenizers/t5_tokenizer_base.model";
}

inline void add_bytes(SentencePieceModel& model) {
  constexpr char kDigits[] = "0123456789ABCDEF";
  for (int b = 0; b < 256; ++b) {
    const std::string name = {'<', '0', 'x', kDigits[b / 16], kDigits[b % 16], '>'};
    model.pieces.push_back({name, 0, ScoredPiece::Kind::kByte});
  }
  model.byte_fallback = true;
}

// Merges up to "abcd" by way of the unused "abc", a user-defined "XY", and the letter "e", which
// has no merges. Ids: 3 "a" to 7 "e", 8 the space, then as listed.
inline SentencePieceModel small_bpe(bool with_bytes = false) {
  using Kind = ScoredPiece::Kind;
  SentencePieceModel model;
  model.segmentation = SentencePieceModel::Segmentation::kBpe;
  model.pieces = {{"<unk>", 0, Kind::kUnknown},
                  {"<s>", 0, Kind::kControl},
                  {"</s>", 0, Kind::kControl},
                  {"a", -9, Kind::kNormal},
                  {"b", -10, Kind::kNormal},
                  {"c", -11, Kind::kNormal},
                  {"d", -12, Kind::kNormal},
                  {"e", -13, Kind::kNormal},
                  {"\xe2\x96\x81", -14},
                  {"ab", -1},
                  {"abc", -2, Kind::kUnused},
                  {"abcd", -3},
                  {"bc", -4, Kind::kUnused},
                  {"\xe2\x96\x81"
                   "a",
                   -5},
                  {"\xc3\xa9", -6},
                  {"XY", 0, Kind::kUserDefined},
                  {"aa", -1}};
  if (with_bytes) add_bytes(model);
  return model;
}

// Rules that make "ab " of "e", and nothing of "?". The library looks for children without looking
// where the trie ends: it is large enough for any byte after any node.
inline std::string small_rules() {
  std::vector<std::uint32_t> trie(0x400);
  trie[0] = 1u << 10;                        // the children of the root lie at 1 ^ byte
  trie['e' ^ 1] = 'e' | 1u << 8 | 2u << 10;  // the rule's end lies at 2 ^ its own place
  trie['e' ^ 1 ^ 2] = 0x80000000;            // the replacement begins at 0
  trie['?' ^ 1] = '?' | 1u << 8 | 2u << 10;
  trie['?' ^ 1 ^ 2] = 0x80000000 | 3;
  std::string out;
  const auto append = [&](std::uint32_t word) {
    for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(word >> shift);
  };
  append(static_cast<std::uint32_t>(4 * trie.size()));
  for (const std::uint32_t unit : trie) append(unit);
  return out + std::string("ab \0", 4);
}

// The same pieces by log probability.
inline SentencePieceModel small_unigram(bool with_bytes = false) {
  SentencePieceModel model = small_bpe(with_bytes);
  model.segmentation = SentencePieceModel::Segmentation::kUnigram;
  return model;
}

}  // namespace cleave::testing
