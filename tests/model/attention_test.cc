// Attention over packed rows against the formula written with whole matrices, forward and backward:
// short samples, one that is done in several blocks of queries, prefixes, and rows of no sample.
#include "common/model/attention.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/support/golden.h"

namespace cleave::testing {
namespace {

using at::Tensor;

constexpr std::int64_t kHeads = 2, kWidth = 8;

struct Case {
  std::vector<std::int64_t> lengths;
  Sight sight;
  std::int64_t prefix, spare;
};

struct Inputs {
  Tensor q, k, v;
};

Inputs inputs_of(const Case& c) {
  std::int64_t rows = 0;
  for (const std::int64_t n : c.lengths) rows += n;
  const auto keys = rows + c.prefix * static_cast<std::int64_t>(c.lengths.size());
  const auto leaf = [](std::int64_t n) {
    return at::randn({n, kWidth}, at::kDouble).requires_grad_(true);
  };
  at::manual_seed(5);
  return {leaf(rows + c.spare), leaf(keys + c.spare), leaf(keys + c.spare)};
}

// (n, d), (m, d), (m, d) -> (n, d)
Tensor of_one_head(const Tensor& q, const Tensor& k, const Tensor& v, const Case& c) {
  Tensor scores = q.mm(k.t()) / std::sqrt(static_cast<double>(q.size(1)));
  if (c.sight == Sight::kUpToItself) {
    const Tensor later = at::ones_like(scores, at::kBool).triu(1 + c.prefix);
    scores = scores.masked_fill(later, -std::numeric_limits<double>::infinity());
  }
  return at::softmax(scores, 1).mm(v);
}

Tensor by_formula(const Inputs& in, const Case& c) {
  std::vector<Tensor> samples;
  std::int64_t row = 0, key = 0;
  for (const std::int64_t n : c.lengths) {
    const std::int64_t m = n + c.prefix, d = kWidth / kHeads;
    std::vector<Tensor> heads;
    for (std::int64_t h = 0; h < kHeads; ++h) {
      heads.push_back(of_one_head(in.q.narrow(0, row, n).narrow(1, h * d, d),
                                  in.k.narrow(0, key, m).narrow(1, h * d, d),
                                  in.v.narrow(0, key, m).narrow(1, h * d, d), c));
    }
    samples.push_back(at::cat(heads, 1));
    row += n;
    key += m;
  }
  return at::cat(samples);
}

std::vector<Tensor> results(const Inputs& in, const Tensor& out) {
  at::manual_seed(6);
  (out * at::randn_like(out)).sum().backward();
  return {out.detach(), in.q.grad(), in.k.grad(), in.v.grad()};
}

TEST(Attention, AndItsGradientsAreTheFormula) {
  for (const Sight sight : {Sight::kAll, Sight::kUpToItself}) {
    for (const Case& c : {Case{{3, 1, 17}, sight, 0, 0}, Case{{5, 800, 2}, sight, 0, 0},
                          Case{{5, 600, 2}, sight, 7, 0}, Case{{4, 500}, sight, 0, 3}}) {
      SCOPED_TRACE(::testing::PrintToString(c.lengths));
      std::int64_t rows = 0;
      for (const std::int64_t n : c.lengths) rows += n;
      const Inputs own = inputs_of(c), other = inputs_of(c);
      const Tensor out = attend(own.q, own.k, own.v, {c.lengths}, kHeads, sight, c.prefix);
      EXPECT_EQ(out.narrow(0, rows, c.spare).count_nonzero().item<std::int64_t>(), 0);
      const auto a = results(own, out.narrow(0, 0, rows));
      const auto b = results(other, by_formula(other, c));
      for (std::size_t i = 0; i < a.size(); ++i) {
        EXPECT_LE((a[i] - b[i]).abs().max().item<double>(), 1e-11) << i;
      }
    }
  }
}

// Attention with a prefix, one query at a time.
TEST(Attention, APrefixIsSeenByEveryRowBeforeItsOwnSample) {
  const Layout layout{{3, 2}};
  const Tensor q = at::randn({5, 4}, at::kDouble), k = at::randn({9, 4}, at::kDouble),
               v = at::randn({9, 4}, at::kDouble);
  for (const Sight sight : {Sight::kAll, Sight::kUpToItself}) {
    const Tensor out = attend(q, k, v, layout, 2, sight, 2);
    std::int64_t row = 0, key_row = 0;
    for (const std::int64_t n : layout.lengths) {
      for (std::int64_t i = 0; i < n; ++i) {
        const std::int64_t seen = sight == Sight::kAll ? n + 2 : i + 3;
        for (std::int64_t h = 0; h < 2; ++h) {
          const Tensor keys = k.narrow(0, key_row, seen).narrow(1, 2 * h, 2);
          const Tensor p =
              at::softmax(at::mv(keys, q[row + i].narrow(0, 2 * h, 2)) / std::sqrt(2.0), 0);
          const Tensor expected = at::mv(v.narrow(0, key_row, seen).narrow(1, 2 * h, 2).t(), p);
          EXPECT_LE(max_difference(out[row + i].narrow(0, 2 * h, 2), expected), 1e-12);
        }
      }
      row += n;
      key_row += n + 2;
    }
  }
}

}  // namespace
}  // namespace cleave::testing
