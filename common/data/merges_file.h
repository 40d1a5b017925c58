// The merges of a BPE as files hold them: merges.txt, and a list in tokenizer.json.
#pragma once

#include "common/data/bpe_merges.h"
#include "common/data/vocabulary.h"

namespace cleave {

// Lines of two pieces, after an optional "#version". Errors: DataError naming the line.
Merges parse_merges(std::string_view content);

// The same of a tokenizer.json: strings of two pieces, or lists of two. Errors: DataError.
Merges read_merges(const nlohmann::json& list);

}  // namespace cleave
