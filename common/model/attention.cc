#include "common/model/attention.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <cmath>

namespace cleave {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// Neighbouring samples of equal length, as one batched product.
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

// The run's rows of x as (g, H, n, d), without a copy.
Tensor by_head(const Tensor& x, const Run& run, std::int64_t heads) {
  return x.narrow(0, run.begin, run.samples * run.length)
      .view({run.samples, run.length, heads, x.size(1) / heads})
      .transpose(1, 2);
}

// The same as one batch (g H, n, d); copies when g > 1.
Tensor flat(const Tensor& heads) { return heads.flatten(0, 1); }

Tensor unflat(const Tensor& x, const Run& run, std::int64_t heads) {
  return x.view({run.samples, heads, run.length, -1});
}

struct Attend : torch::autograd::Function<Attend> {
  static Tensor forward(AutogradContext* context, const Tensor& q, const Tensor& k, const Tensor& v,
                        std::vector<std::int64_t> lengths, std::int64_t heads) {
    const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(1) / heads));
    Tensor out = at::empty_like(q);
    variable_list saved = {q, k, v};
    for (const Run& run : runs_of(lengths)) {
      const Tensor kh = flat(by_head(k, run, heads));
      const Tensor vh = flat(by_head(v, run, heads));
      const Tensor scores = at::bmm(flat(by_head(q, run, heads)), kh.transpose(1, 2)).mul_(scale);
      const Tensor p = at::softmax(scores, -1);  // (g H, n, n)
      by_head(out, run, heads).copy_(unflat(at::bmm(p, vh), run, heads));
      saved.push_back(p);
    }
    context->save_for_backward(std::move(saved));
    context->saved_data["lengths"] = std::move(lengths);
    context->saved_data["heads"] = heads;
    return out;
  }

  // With o = p v, p = softmax(s), s = scale q k^T:  dv = p^T do,  dp = do v^T,
  // ds = scale (dp - sum(dp p)) p,  dq = ds k,  dk = ds^T q.
  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor &q = saved[0], &k = saved[1], &v = saved[2];
    const auto lengths = context->saved_data["lengths"].toIntVector();
    const std::int64_t heads = context->saved_data["heads"].toInt();
    const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(1) / heads));
    const Tensor grad = grads[0].contiguous();
    Tensor dq = at::empty_like(q), dk = at::empty_like(k), dv = at::empty_like(v);
    std::size_t next = 3;
    for (const Run& run : runs_of(lengths)) {
      const Tensor& p = saved[next++];
      const Tensor go = flat(by_head(grad, run, heads));
      by_head(dv, run, heads).copy_(unflat(at::bmm(p.transpose(1, 2), go), run, heads));
      const Tensor dp = at::bmm(go, flat(by_head(v, run, heads)).transpose(1, 2));
      const Tensor ds = at::_softmax_backward_data(dp, p, -1, p.scalar_type()).mul_(scale);
      by_head(dq, run, heads).copy_(unflat(at::bmm(ds, flat(by_head(k, run, heads))), run, heads));
      by_head(dk, run, heads)
          .copy_(unflat(at::bmm(ds.transpose(1, 2), flat(by_head(q, run, heads))), run, heads));
    }
    return {dq, dk, dv, Tensor(), Tensor()};
  }
};

}  // namespace

Tensor attend(const Tensor& q, const Tensor& k, const Tensor& v, const Layout& layout,
              std::int64_t heads) {
  return Attend::apply(q, k, v, layout.lengths, heads);
}

Tensor SelfAttention::operator()(const Tensor& x, const Layout& layout) const {
  return output(attend(query(x), key(x), value(x), layout, heads));
}

}  // namespace cleave
