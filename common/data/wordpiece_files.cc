// The lines of a vocab.txt.
#include <algorithm>

#include "common/base/error.h"
#include "common/data/white_space.h"
#include "common/data/wordpiece.h"

namespace cleave {
Vocabulary parse_vocab_txt(std::string_view content) {
  constexpr std::int32_t kMaxLines = 1'000'000;
  Vocabulary vocabulary;
  for (std::int32_t id = 0; !content.empty(); ++id) {
    if (id == kMaxLines) throw DataError("vocab.txt has over 1000000 lines");
    const std::size_t end = std::min(content.find('\n'), content.size());
    vocabulary.insert_or_assign(std::string(without_space_at_end(content.substr(0, end))), id);
    content.remove_prefix(std::min(end + 1, content.size()));
  }
  return vocabulary;
}

}  // namespace cleave
