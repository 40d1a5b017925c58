// The lines of a vocab.txt.
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include "common/base/error.h"
#include "common/data/wordpiece.h"

namespace cleave {
namespace {

std::string_view without_space_at_end(std::string_view line) {
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(line.data());
  auto end = static_cast<std::int32_t>(line.size());
  while (end > 0) {
    std::int32_t before = end;
    UChar32 c = 0;
    U8_PREV(bytes, 0, before, c);
    if (c < 0 || !u_isUWhiteSpace(c)) break;
    end = before;
  }
  return line.substr(0, static_cast<std::size_t>(end));
}

}  // namespace

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
