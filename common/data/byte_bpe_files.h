// The file forms of a byte-level BPE: vocab.json with merges.txt, and tokenizer.json.
#pragma once

#include "common/data/byte_bpe.h"
#include "common/data/vocabulary.h"

namespace cleave {

using Merges = std::vector<std::pair<std::string, std::string>>;

// Lines of two pieces, after an optional "#version". Errors: DataError naming the line.
Merges parse_merges(std::string_view content);

// RoBERTa's frame where the vocabulary has <s> and </s>; <|endoftext|> and the like stay text.
ByteBpeOptions options_for(const Vocabulary& vocabulary);

// Errors: DataError when the document holds another kind of tokenizer.
ByteBpe parse_byte_bpe(const nlohmann::json& document);

// vocab.json and merges.txt.
ByteBpe load_byte_bpe(const std::filesystem::path& folder);

}  // namespace cleave
