#include "common/model/rows.h"

#include <ATen/ATen.h>

#include <numeric>

#include "common/base/error.h"

namespace cleave {
namespace {

// Every sample as [before, prompt, after], in turn.
std::vector<at::Tensor> pieces(const at::Tensor& x, const Layout& layout, std::int64_t begin,
                               std::int64_t prompt_rows) {
  std::vector<std::int64_t> sizes;
  for (const std::int64_t n : layout.lengths) {
    sizes.insert(sizes.end(), {begin, prompt_rows, n - begin - prompt_rows});
  }
  return x.split_with_sizes(sizes);
}

}  // namespace

std::int64_t Layout::rows() const {
  return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
}

std::int64_t Layout::squares() const {
  return std::transform_reduce(lengths.begin(), lengths.end(), std::int64_t{0}, std::plus<>(),
                               [](std::int64_t n) { return n * n; });
}

Layout with_prompt(const Layout& text, std::int64_t prompt_rows, std::int64_t begin) {
  CLEAVE_CHECK(text.prompt_rows == 0);
  Layout out = text;
  out.prompt_rows = prompt_rows;
  out.prompt_begin = begin;
  for (std::int64_t& length : out.lengths) length += prompt_rows;
  return out;
}

Layout without_prompt(const Layout& layout) {
  Layout out = layout;
  out.prompt_rows = 0;
  out.prompt_begin = Layout().prompt_begin;
  for (std::int64_t& length : out.lengths) length -= layout.prompt_rows;
  return out;
}

Rows insert_rows(const Rows& text, const at::Tensor& prompt, std::int64_t begin) {
  std::vector<at::Tensor> rows = pieces(text.x, *text.layout, begin, 0);
  const at::Tensor inserted = prompt.to(text.x.scalar_type());
  for (std::size_t i = 1; i < rows.size(); i += 3) rows[i] = inserted;
  return {at::cat(rows),
          std::make_shared<Layout>(with_prompt(*text.layout, prompt.size(0), begin))};
}

Rows remove_prompt(const Rows& rows) {
  const Layout& layout = *rows.layout;
  if (layout.prompt_rows == 0) return rows;
  std::vector<at::Tensor> kept;
  const auto all = pieces(rows.x, layout, layout.prompt_begin, layout.prompt_rows);
  for (std::size_t i = 0; i < all.size(); i += 3) kept.insert(kept.end(), {all[i], all[i + 2]});
  return {at::cat(kept), std::make_shared<Layout>(without_prompt(layout))};
}

}  // namespace cleave
