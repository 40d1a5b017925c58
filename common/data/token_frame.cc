#include "common/data/token_frame.h"

#include <algorithm>

#include "common/base/error.h"

namespace cleave {
namespace {

using Part = TokenFrame::Part;
using Kind = Part::Kind;
using Ids = std::vector<std::int32_t>;

Part special(std::int32_t id, bool second_type = false) {
  return {Kind::kSpecial, id, second_type};
}

}  // namespace

void cut_longest_first(Ids& a, Ids& b, std::size_t room, bool front) {
  const bool first_longer = a.size() > b.size();
  std::size_t keep_a = a.size(), keep_b = b.size();
  while (keep_a + keep_b > room) {
    const bool cut_second = keep_b > keep_a || (first_longer && keep_b == keep_a);
    --(cut_second ? keep_b : keep_a);
  }
  const auto cut = [&](Ids& ids, std::size_t keep) {
    const auto gone = static_cast<std::ptrdiff_t>(ids.size() - keep);
    if (front) {
      ids.erase(ids.begin(), ids.begin() + gone);
    } else {
      ids.resize(keep);
    }
  };
  cut(a, keep_a);
  cut(b, keep_b);
}

Encoding TokenFrame::apply(Ids first, std::optional<Ids> second, std::int64_t max_length) const {
  if (second && pair.empty()) {
    throw DataError("this tokenizer has no form for a pair of texts; join them in the file");
  }
  const std::vector<Part>& parts = second ? pair : single;
  const auto specials = std::count_if(parts.begin(), parts.end(),
                                      [](const Part& part) { return part.kind == Kind::kSpecial; });
  Ids empty;
  cut_longest_first(first, second ? *second : empty,
                    static_cast<std::size_t>(std::max<std::int64_t>(0, max_length - specials)),
                    cut_front);
  Encoding out;
  out.pair_begin = -1;
  for (const Part& part : parts) {
    if (part.second_type && out.pair_begin < 0) {
      out.pair_begin = static_cast<std::int32_t>(out.ids.size());
    }
    if (part.kind == Kind::kSpecial) {
      out.ids.push_back(part.id);
      continue;
    }
    const Ids& text = part.kind == Kind::kFirst || !second ? first : *second;
    out.ids.insert(out.ids.end(), text.begin(), text.end());
  }
  if (out.pair_begin < 0) out.pair_begin = static_cast<std::int32_t>(out.ids.size());
  return out;
}

TokenFrame bert_frame(std::int32_t classify, std::int32_t separate) {
  TokenFrame frame;
  frame.single = {special(classify), {Kind::kFirst}, special(separate)};
  frame.pair = {special(classify),
                {Kind::kFirst},
                special(separate),
                {Kind::kSecond, 0, true},
                special(separate, true)};
  return frame;
}

TokenFrame roberta_frame(std::int32_t begin, std::int32_t separate) {
  TokenFrame frame;
  frame.single = {special(begin), {Kind::kFirst}, special(separate)};
  frame.pair = {special(begin),    {Kind::kFirst},  special(separate),
                special(separate), {Kind::kSecond}, special(separate)};
  return frame;
}

TokenFrame ends_frame(std::optional<std::int32_t> begin, std::optional<std::int32_t> end) {
  TokenFrame frame;
  if (begin) frame.single.insert(frame.single.begin(), special(*begin));
  if (end) frame.single.push_back(special(*end));
  return frame;
}

}  // namespace cleave
