#include "common/model/rows.h"

#include <numeric>

namespace cleave {

std::int64_t Layout::rows() const {
  return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
}

std::int64_t Layout::squares() const {
  return std::transform_reduce(lengths.begin(), lengths.end(), std::int64_t{0}, std::plus<>(),
                               [](std::int64_t n) { return n * n; });
}

Layout with_prompt(const Layout& text, std::int64_t prompt_rows) {
  Layout out = text;
  out.prompt_rows = prompt_rows;
  for (std::int64_t& length : out.lengths) length += prompt_rows;
  return out;
}

}  // namespace cleave
