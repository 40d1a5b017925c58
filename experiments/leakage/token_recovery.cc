#include "experiments/leakage/token_recovery.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/grad_mode.h>

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>

#include "client/local_model.h"

namespace cleave {
namespace {

using at::Tensor;

constexpr std::int64_t kChunk = 512;  // tokens of the vocabulary at a time

// Of every text's rows behind `skipped` ones those of the tokens between first and last, at most
// up to `length`.
void add_rows(TextRows& out, std::vector<Tensor>& pieces, const Tensor& x, const Layout& layout,
              const Batch& batch, std::int64_t skipped, std::int64_t length) {
  std::int64_t begin = 0;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const auto tokens = static_cast<std::int64_t>(batch[i]->ids.size());
    const std::int64_t count = std::min(length, tokens - 1) - 1;
    pieces.push_back(x.narrow(0, begin + skipped + 1, count));
    for (std::int64_t k = 1; k <= count; ++k) {
      out.positions.push_back(k);
      out.tokens.push_back(batch[i]->ids[static_cast<std::size_t>(k)]);
    }
    begin += layout.lengths[i];
  }
}

TextRows collect(const JobInputs& inputs, const Dataset& texts, std::int64_t length,
                 std::int64_t skipped, const std::function<Rows(const Batch&)>& compute) {
  TextRows out;
  std::vector<Tensor> pieces;
  for (const Batch& batch : in_order_batches(texts, inputs.job.eval.batch)) {
    const Rows rows = compute(batch);
    add_rows(out, pieces, rows.x, *rows.layout, batch, skipped, length);
  }
  out.x = at::cat(pieces);
  return out;
}

Tensor unit(const Tensor& x) { return x / x.norm(2, {1}, true); }

// Tokens [begin, end) of the vocabulary at positions 0 .. length - 1, every one a text of its own
// (length, end - begin, D).
Tensor candidates(const Head& dictionary, std::int64_t begin, std::int64_t end,
                  std::int64_t length) {
  Dataset texts;
  for (std::int64_t token = begin; token < end; ++token) {
    Example repeated;
    repeated.ids.assign(static_cast<std::size_t>(length), static_cast<std::int32_t>(token));
    repeated.pair_begin = static_cast<std::int32_t>(length);
    texts.examples.push_back(std::move(repeated));
  }
  const Tensor rows = dictionary.embedder->embed(in_order_batches(texts, end - begin).front());
  const Layout alone{std::vector<std::int64_t>(static_cast<std::size_t>(rows.size(0)), 1), 0};
  return unit(dictionary(rows, alone)).view({end - begin, length, rows.size(1)}).transpose(0, 1);
}

std::map<std::int64_t, std::vector<std::int64_t>> rows_by_position(const TextRows& rows) {
  std::map<std::int64_t, std::vector<std::int64_t>> result;
  for (std::size_t i = 0; i < rows.positions.size(); ++i) {
    result[rows.positions[i]].push_back(static_cast<std::int64_t>(i));
  }
  return result;
}

}  // namespace

TextRows smashed_rows(const JobInputs& inputs, const Dataset& texts, std::int64_t length) {
  const LocalModel local(inputs.parts, inputs.job, inputs.parts.initial);
  return collect(inputs, texts, length, inputs.job.tuning.tokens,
                 [&](const Batch& batch) { return local.smashed(batch); });
}

TextRows embedded_rows(const JobInputs& inputs, const Dataset& texts, std::int64_t length) {
  const Embedder& embedder = *inputs.parts.head.embedder;
  return collect(inputs, texts, length, 0, [&](const Batch& batch) {
    return Rows{embedder.embed(batch), std::make_shared<Layout>(text_layout(embedder, batch))};
  });
}

Tensor mapped_back(const TextRows& known_smashed, const TextRows& known_embedded, const Tensor& x) {
  const auto with_one = [](const Tensor& rows) {
    return at::cat({rows, at::ones({rows.size(0), 1}, rows.options())}, 1).to(at::kDouble);
  };
  const Tensor a = with_one(known_smashed.x);
  const Tensor gram = at::mm(a.t(), a) + 1e-3 * at::eye(a.size(1), a.options());
  const Tensor map = at::linalg_solve(gram, at::mm(a.t(), known_embedded.x.to(at::kDouble)));
  return at::mm(with_one(x), map).to(at::kFloat);
}

std::vector<std::int32_t> nearest_tokens(const Head& dictionary, std::int64_t vocabulary,
                                         const TextRows& rows) {
  const torch::NoGradGuard no_grad;
  const auto groups = rows_by_position(rows);
  const std::int64_t length = groups.rbegin()->first + 1;
  const Tensor x = unit(rows.x);
  Tensor best = at::full({x.size(0)}, -2.0, at::kFloat);
  Tensor found = at::zeros({x.size(0)}, at::kLong);
  for (std::int64_t begin = 0; begin < vocabulary; begin += kChunk) {
    const Tensor chunk =
        candidates(dictionary, begin, std::min(begin + kChunk, vocabulary), length);
    for (const auto& [position, members] : groups) {
      const Tensor index = at::tensor(members, at::kLong);
      const Tensor cosines = at::mm(x.index_select(0, index), chunk[position].t());
      const auto [value, token] = cosines.max(1);
      const Tensor better = value > best.index_select(0, index);
      best.index_copy_(0, index, at::where(better, value, best.index_select(0, index)));
      found.index_copy_(0, index, at::where(better, token + begin, found.index_select(0, index)));
    }
  }
  const Tensor ids = found.to(at::kInt).contiguous();
  return {ids.data_ptr<std::int32_t>(), ids.data_ptr<std::int32_t>() + ids.numel()};
}

double recovered(const std::vector<std::int32_t>& found, const std::vector<std::int32_t>& tokens) {
  const auto hits = std::inner_product(found.begin(), found.end(), tokens.begin(), std::size_t{0},
                                       std::plus<>(), std::equal_to<>());
  return static_cast<double>(hits) / static_cast<double>(tokens.size());
}

double commonest(const std::vector<std::int32_t>& tokens) {
  std::map<std::int32_t, std::size_t> counts;
  std::size_t most = 0;
  for (const std::int32_t token : tokens) most = std::max(most, ++counts[token]);
  return static_cast<double>(most) / static_cast<double>(tokens.size());
}

}  // namespace cleave
