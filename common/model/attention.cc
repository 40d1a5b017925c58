#include "common/model/attention.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "common/model/gemm.h"
#include "common/model/rotary.h"

namespace cleave {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Neighbouring samples of equal length, so few that a core keeps their scores in its cache: one
// softmax for all of them.
struct Run {
  std::int64_t begin, key_begin;  // first row of queries, and of keys and values
  std::int64_t samples;           // g
  std::int64_t length, keys;      // n and m rows each
};

constexpr std::int64_t kCachedScores = 1 << 18;

std::vector<Run> runs_of(at::IntArrayRef lengths, std::int64_t prefix_rows, std::int64_t heads) {
  std::vector<Run> runs;
  std::int64_t row = 0, key_row = 0;
  for (const std::int64_t n : lengths) {
    const std::int64_t most =
        kCachedScores / std::max<std::int64_t>(1, heads * n * (n + prefix_rows));
    if (!runs.empty() && runs.back().length == n && runs.back().samples < most) {
      ++runs.back().samples;
    } else {
      runs.push_back({row, key_row, 1, n, n + prefix_rows});
    }
    row += n;
    key_row += n + prefix_rows;
  }
  return runs;
}

// The products that attention is made of, for every head of every sample of a run. Rows of queries
// are (R, D) and a head's part of them (n, d), rows of keys (R', D) and (m, d); `pairs` is
// (g H, n, m) with one (n, m) each.
template <class T>
struct Products {
  const Run& run;
  std::int64_t heads, width;

  // pairs = alpha queries keys^T
  void pair_up(T alpha, const Tensor& queries, const Tensor& keys, const Tensor& pairs) const {
    each_head([&](std::int64_t row, std::int64_t key_row, std::int64_t pair) {
      gemm(run.length, run.keys, width / heads, alpha, of_rows(queries, row),
           of_rows(keys, key_row).t(), pairs.data_ptr<T>() + pair, run.keys);
    });
  }
  // queries = alpha pairs keys
  void to_queries(T alpha, const Tensor& pairs, const Tensor& keys, const Tensor& queries) const {
    each_head([&](std::int64_t row, std::int64_t key_row, std::int64_t pair) {
      gemm(run.length, width / heads, run.keys, alpha, {pairs.data_ptr<T>() + pair, run.keys},
           of_rows(keys, key_row), queries.data_ptr<T>() + row, width);
    });
  }
  // keys = alpha pairs^T queries
  void to_keys(T alpha, const Tensor& pairs, const Tensor& queries, const Tensor& keys) const {
    each_head([&](std::int64_t row, std::int64_t key_row, std::int64_t pair) {
      gemm(run.keys, width / heads, run.length, alpha, {pairs.data_ptr<T>() + pair, run.keys, true},
           of_rows(queries, row), keys.data_ptr<T>() + key_row, width);
    });
  }

 private:
  MatrixView<T> of_rows(const Tensor& x, std::int64_t row) const {
    return {x.data_ptr<T>() + row, width};
  }
  template <class F>
  void each_head(F f) const {
    const std::int64_t n = run.length, m = run.keys, d = width / heads;
    for (std::int64_t i = 0; i < run.samples; ++i) {
      for (std::int64_t h = 0; h < heads; ++h) {
        f((run.begin + i * n) * width + h * d, (run.key_begin + i * m) * width + h * d,
          (i * heads + h) * n * m);
      }
    }
  }
};

double scale_of(std::int64_t width, std::int64_t heads) {
  return 1.0 / std::sqrt(static_cast<double>(width / heads));
}

// Half precision is computed in fp32: these products are too small for anything to be gained.
Tensor computable(const Tensor& x) {
  return x.to(x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat).contiguous();
}

// Like `x`, its first `rows` rows to be filled sample by sample; those that belong to no sample are
// zero.
Tensor room_for(const Tensor& x, std::int64_t rows) {
  Tensor room = at::empty_like(x);
  room.narrow(0, rows, x.size(0) - rows).zero_();
  return room;
}

// (n, m): true where a row would look at a later one.
Tensor later_rows(const Run& run) {
  return at::ones({run.length, run.keys}, at::kBool).triu(1 + run.keys - run.length);
}

// (R, D) to (R', D): the prefix before every sample's own rows.
Tensor behind_prefix(const Tensor& prefix, const Tensor& x, const Layout& layout) {
  const Tensor first = prefix.to(x.scalar_type());
  std::vector<Tensor> rows;
  for (const Tensor& sample : x.narrow(0, 0, layout.rows()).split_with_sizes(layout.lengths)) {
    rows.insert(rows.end(), {first, sample});
  }
  return at::cat(rows);
}

// (R, K d) to (R, H d): every head of keys or values once for each query head of its group.
Tensor shared_by_groups(const Tensor& x, std::int64_t kv_heads, std::int64_t heads) {
  const std::int64_t rows = x.size(0), d = x.size(1) / kv_heads, group = heads / kv_heads;
  return x.view({rows, kv_heads, 1, d})
      .expand({rows, kv_heads, group, d})
      .reshape({rows, heads * d});
}

std::int64_t sum(at::IntArrayRef lengths) {
  return std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
}

struct Attend : torch::autograd::Function<Attend> {
  static Tensor forward(AutogradContext* context, const Tensor& q, const Tensor& k, const Tensor& v,
                        std::vector<std::int64_t> lengths, std::int64_t heads, bool causal,
                        std::int64_t prefix_rows) {
    const Tensor cq = computable(q), ck = computable(k), cv = computable(v);
    const Tensor out = room_for(cq, sum(lengths));
    variable_list saved = {q, k, v};
    for (const Run& run : runs_of(lengths, prefix_rows, heads)) {
      Tensor p = at::empty({run.samples * heads, run.length, run.keys}, cq.options());
      AT_DISPATCH_FLOATING_TYPES(cq.scalar_type(), "attend", [&] {
        const Products<scalar_t> products{run, heads, q.size(1)};
        products.pair_up(static_cast<scalar_t>(scale_of(q.size(1), heads)), cq, ck, p);
        if (causal) p.masked_fill_(later_rows(run), -std::numeric_limits<double>::infinity());
        p = at::softmax(p, -1);
        products.to_queries(1, p, cv, out);
      });
      saved.push_back(p);
    }
    context->save_for_backward(std::move(saved));
    context->saved_data["lengths"] = std::move(lengths);
    context->saved_data["heads"] = heads;
    context->saved_data["prefix_rows"] = prefix_rows;
    return out.to(q.scalar_type());
  }

  // With o = p v, p = softmax(s), s = scale q k^T:  dv = p^T do,  dp = do v^T,
  // ds = (dp - sum(dp p)) p,  dq = scale ds k,  dk = scale ds^T q.
  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor q = computable(saved[0]), k = computable(saved[1]), v = computable(saved[2]);
    const auto lengths = context->saved_data["lengths"].toIntVector();
    const std::int64_t heads = context->saved_data["heads"].toInt();
    const std::int64_t prefix_rows = context->saved_data["prefix_rows"].toInt();
    const Tensor grad = computable(grads[0]);
    const std::int64_t rows = sum(lengths);
    const auto key_rows = rows + prefix_rows * static_cast<std::int64_t>(lengths.size());
    const Tensor dq = room_for(q, rows), dk = room_for(k, key_rows), dv = room_for(v, key_rows);
    std::size_t next = 3;
    for (const Run& run : runs_of(lengths, prefix_rows, heads)) {
      const Tensor& p = saved[next++];
      const Tensor dp = at::empty_like(p);
      AT_DISPATCH_FLOATING_TYPES(q.scalar_type(), "attend_backward", [&] {
        const Products<scalar_t> products{run, heads, q.size(1)};
        const auto scale = static_cast<scalar_t>(scale_of(q.size(1), heads));
        products.to_keys(1, p, grad, dv);
        products.pair_up(1, grad, v, dp);
        const Tensor ds = at::_softmax_backward_data(dp, p, -1, p.scalar_type());
        products.to_queries(scale, ds, k, dq);
        products.to_keys(scale, ds, q, dk);
      });
    }
    const at::ScalarType type = saved[0].scalar_type();
    return {dq.to(type), dk.to(type), dv.to(type), Tensor(), Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, const Layout& layout,
              std::int64_t heads, Sight sight, std::int64_t prefix_rows) {
  return Attend::apply(q, k, v, layout.lengths, heads, sight == Sight::kUpToItself, prefix_rows);
}

Tensor SelfAttention::operator()(const Tensor& x, const Layout& layout) const {
  Tensor q = query(x), k, v;  // (R, D), (R, K d) twice
  if (key.weight.defined()) {
    k = key(x);
    v = value(x);
  } else {
    const auto parts = q.chunk(3, 1);
    std::tie(q, k, v) = std::tie(parts[0], parts[1], parts[2]);
  }
  if (rope_theta != 0) {
    const Rotation rotation = rotation_of(layout, x.size(0), q.size(1) / heads, rope_theta);
    q = rotate(q, rotation);
    k = rotate(k, rotation);
  }
  if (prefix.rows() > 0) {
    k = behind_prefix(prefix.key, k, layout);
    v = behind_prefix(prefix.value, v, layout);
  }
  if (kv_heads != 0 && kv_heads != heads) {
    k = shared_by_groups(k, kv_heads, heads);
    v = shared_by_groups(v, kv_heads, heads);
  }
  return output(attend(q, k, v, layout, heads, sight, prefix.rows()));
}

}  // namespace cleave
