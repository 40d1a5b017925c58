#include "common/tuning/prompt.h"

#include <ATen/ATen.h>

#include "common/base/random.h"

namespace cleave {

at::Tensor initial_prompt(const Embedder& embedder, std::int64_t tokens, std::uint64_t seed) {
  Stream stream(seed, "init/prompt");
  return embedder.fresh_prompt(tokens, [&] { return stream.uniform(); }).contiguous();
}

Rows insert_prompt(const at::Tensor& text, const Layout& text_layout, const at::Tensor& prompt) {
  std::vector<std::int64_t> sizes;
  for (const std::int64_t n : text_layout.lengths) {
    sizes.push_back(1);
    sizes.push_back(n - 1);
  }
  const std::vector<at::Tensor> pieces = text.split_with_sizes(sizes);
  std::vector<at::Tensor> rows;
  for (std::size_t i = 0; i < pieces.size(); i += 2) {
    rows.push_back(pieces[i]);
    rows.push_back(prompt);
    rows.push_back(pieces[i + 1]);
  }
  return {at::cat(rows), std::make_shared<Layout>(with_prompt(text_layout, prompt.size(0)))};
}

}  // namespace cleave
