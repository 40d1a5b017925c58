#include "common/model/attention.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

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

// Neighbouring samples of equal length: one softmax for all of them.
struct Run {
  std::int64_t begin;    // first row
  std::int64_t samples;  // g
  std::int64_t length;   // n rows each
};

std::vector<Run> runs_of(at::IntArrayRef lengths) {
  std::vector<Run> runs;
  std::int64_t row = 0;
  for (const std::int64_t n : lengths) {
    if (!runs.empty() && runs.back().length == n) {
      ++runs.back().samples;
    } else {
      runs.push_back({row, 1, n});
    }
    row += n;
  }
  return runs;
}

// The products that attention is made of, for every head of every sample of a run. A `rows` operand
// is (R, D) and a head's part of it (n, d); a `pairs` operand is (g H, n, n) with one (n, n) each.
template <class T>
struct Products {
  const Run& run;
  std::int64_t heads, width;

  // pairs = alpha a b^T
  void rows_by_rows(T alpha, const Tensor& a, const Tensor& b, const Tensor& pairs) const {
    each_head([&](std::int64_t row, std::int64_t pair) {
      gemm(run.length, run.length, width / heads, alpha, of_rows(a, row), of_rows(b, row).t(),
           pairs.data_ptr<T>() + pair, run.length);
    });
  }
  // out = alpha pairs b, or alpha pairs^T b
  void pairs_by_rows(T alpha, const Tensor& pairs, const Tensor& b, const Tensor& out,
                     bool transposed = false) const {
    each_head([&](std::int64_t row, std::int64_t pair) {
      gemm(run.length, width / heads, run.length, alpha,
           {pairs.data_ptr<T>() + pair, run.length, transposed}, of_rows(b, row),
           out.data_ptr<T>() + row, width);
    });
  }

 private:
  MatrixView<T> of_rows(const Tensor& x, std::int64_t row) const {
    return {x.data_ptr<T>() + row, width};
  }
  template <class F>
  void each_head(F f) const {
    const std::int64_t n = run.length;
    for (std::int64_t i = 0; i < run.samples; ++i) {
      for (std::int64_t h = 0; h < heads; ++h) {
        f((run.begin + i * n) * width + h * (width / heads), (i * heads + h) * n * n);
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

// (R, D) like `x`, to be filled sample by sample; rows that belong to no sample are zero.
Tensor room_for(const Tensor& x, at::IntArrayRef lengths) {
  Tensor room = at::empty_like(x);
  const std::int64_t rows = std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0});
  room.narrow(0, rows, x.size(0) - rows).zero_();
  return room;
}

// (n, n): true where a row would look at a later one.
Tensor later_rows(std::int64_t n) { return at::ones({n, n}, at::kBool).triu(1); }

// (R, K d) to (R, H d): every head of keys or values once for each query head of its group.
Tensor shared_by_groups(const Tensor& x, std::int64_t kv_heads, std::int64_t heads) {
  const std::int64_t rows = x.size(0), d = x.size(1) / kv_heads, group = heads / kv_heads;
  return x.view({rows, kv_heads, 1, d})
      .expand({rows, kv_heads, group, d})
      .reshape({rows, heads * d});
}

struct Attend : torch::autograd::Function<Attend> {
  static Tensor forward(AutogradContext* context, const Tensor& q, const Tensor& k, const Tensor& v,
                        std::vector<std::int64_t> lengths, std::int64_t heads, bool causal) {
    const Tensor cq = computable(q), ck = computable(k), cv = computable(v);
    const Tensor out = room_for(cq, lengths);
    variable_list saved = {q, k, v};
    for (const Run& run : runs_of(lengths)) {
      Tensor p = at::empty({run.samples * heads, run.length, run.length}, cq.options());
      AT_DISPATCH_FLOATING_TYPES(cq.scalar_type(), "attend", [&] {
        const Products<scalar_t> products{run, heads, q.size(1)};
        products.rows_by_rows(static_cast<scalar_t>(scale_of(q.size(1), heads)), cq, ck, p);
        if (causal)
          p.masked_fill_(later_rows(run.length), -std::numeric_limits<double>::infinity());
        p = at::softmax(p, -1);
        products.pairs_by_rows(1, p, cv, out);
      });
      saved.push_back(p);
    }
    context->save_for_backward(std::move(saved));
    context->saved_data["lengths"] = std::move(lengths);
    context->saved_data["heads"] = heads;
    return out.to(q.scalar_type());
  }

  // With o = p v, p = softmax(s), s = scale q k^T:  dv = p^T do,  dp = do v^T,
  // ds = (dp - sum(dp p)) p,  dq = scale ds k,  dk = scale ds^T q.
  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor q = computable(saved[0]), k = computable(saved[1]), v = computable(saved[2]);
    const auto lengths = context->saved_data["lengths"].toIntVector();
    const std::int64_t heads = context->saved_data["heads"].toInt();
    const Tensor grad = computable(grads[0]);
    const Tensor dq = room_for(q, lengths), dk = room_for(k, lengths), dv = room_for(v, lengths);
    std::size_t next = 3;
    for (const Run& run : runs_of(lengths)) {
      const Tensor& p = saved[next++];
      const Tensor dp = at::empty_like(p);
      AT_DISPATCH_FLOATING_TYPES(q.scalar_type(), "attend_backward", [&] {
        const Products<scalar_t> products{run, heads, q.size(1)};
        const auto scale = static_cast<scalar_t>(scale_of(q.size(1), heads));
        products.pairs_by_rows(1, p, grad, dv, /*transposed=*/true);
        products.rows_by_rows(1, grad, v, dp);
        const Tensor ds = at::_softmax_backward_data(dp, p, -1, p.scalar_type());
        products.pairs_by_rows(scale, ds, k, dq);
        products.pairs_by_rows(scale, ds, q, dk, /*transposed=*/true);
      });
    }
    const at::ScalarType type = saved[0].scalar_type();
    return {dq.to(type), dk.to(type), dv.to(type), Tensor(), Tensor(), Tensor()};
  }
};

}  // namespace

Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, const Layout& layout,
              std::int64_t heads, Sight sight) {
  return Attend::apply(q, k, v, layout.lengths, heads, sight == Sight::kUpToItself);
}

Tensor SelfAttention::operator()(const Tensor& x, const Layout& layout) const {
  Tensor q = query(x), k = key(x), v = value(x);  // (R, D), (R, K d) twice
  if (rope_theta != 0) {
    const Rotation rotation = rotation_of(layout, x.size(0), q.size(1) / heads, rope_theta);
    q = rotate(q, rotation);
    k = rotate(k, rotation);
  }
  if (kv_heads != 0 && kv_heads != heads) {
    k = shared_by_groups(k, kv_heads, heads);
    v = shared_by_groups(v, kv_heads, heads);
  }
  return output(attend(q, k, v, layout, heads, sight));
}

}  // namespace cleave
