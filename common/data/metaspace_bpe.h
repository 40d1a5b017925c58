// Llama's tokenizer as Hugging Face has it: BPE by a list of merges over characters, spaces written
// as U+2581, and bytes for what has no piece.
//
// Memory bound: the vocabulary (at most 1 million entries) and as many merges.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "common/data/bpe_merges.h"
#include "common/data/tokenizer.h"

namespace cleave {

// Where a space is put in front.
enum class Metaspace {
  kNever,
  kFirst,    // of the part that begins the text, unless it begins with a space
  kAlways,   // likewise of each part between added tokens
  kPrepend,  // of each part, whatever it begins with, before added tokens are looked for
};

class MetaspaceBpe : public Tokenizer {
 public:
  // Errors: DataError when one of the 256 bytes ("<0x0A>") has no piece, or a merge's pieces.
  MetaspaceBpe(Vocabulary vocabulary, const Merges& merges, Metaspace prefix);

  // The inverse; ids outside the vocabulary and the `silent` read as nothing, bytes that are no
  // UTF-8 as U+FFFD.
  std::string text(std::span<const std::int32_t> ids) const override;
  void set_silent(std::vector<std::int32_t> ids);  // sorted here

 private:
  std::string normalized(std::string_view text) const override;
  void segment(std::string_view text, bool at_start, std::vector<std::int32_t>& out) const override;

  Vocabulary ids_;
  BpeMerges merges_;
  Metaspace prefix_;
  std::int32_t byte_ids_[256];
  std::unordered_map<std::int32_t, std::string> pieces_;
  std::unordered_map<std::int32_t, char> bytes_;
  std::vector<std::int32_t> silent_;
};

// The merges of a vocabulary that lists what is merged first, first, as transformers makes them
// from a SentencePiece model: all ways to make a piece of two others.
Merges merges_of(const std::vector<std::string>& pieces);

}  // namespace cleave
