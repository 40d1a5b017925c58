#include "common/model/attention.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/model/gemm.h"
#include "common/model/rotary.h"
#include "common/model/softmax.h"

namespace cleave {
namespace {

using at::Tensor;
using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

// A head's part of some rows of queries of one sample, and of the keys and values that they see:
// where both begin in (R, D) and (R', D), and how many rows they are.
struct Block {
  std::int64_t query, key;
  std::int64_t rows, keys;
};

// So many scores at a time that two such matrices and what they are made of stay in a core's cache.
constexpr std::int64_t kCachedScores = 1 << 17;

struct Shape {
  at::IntArrayRef lengths;
  std::int64_t heads, width, prefix_rows;
  bool causal;

  // Queries a block: few where there are many keys.
  std::int64_t block_rows(std::int64_t keys) const {
    return std::max<std::int64_t>(16, kCachedScores / std::max<std::int64_t>(1, keys));
  }
  std::int64_t largest_block() const {
    std::int64_t most = 0;
    for (const std::int64_t n : lengths) {
      const std::int64_t m = n + prefix_rows;
      most = std::max(most, std::min(n, block_rows(m)) * m);
    }
    return most;
  }
  // A causal block sees nothing behind its own last row.
  template <class F>
  void each_block(F f) const {
    std::int64_t row = 0, key_row = 0;
    for (const std::int64_t n : lengths) {
      const std::int64_t m = n + prefix_rows, most = block_rows(m);
      for (std::int64_t h = 0; h < heads; ++h) {
        const std::int64_t column = h * (width / heads);
        for (std::int64_t first = 0; first < n; first += most) {
          const std::int64_t rows = std::min(most, n - first);
          f(Block{(row + first) * width + column, key_row * width + column, rows,
                  causal ? prefix_rows + first + rows : m});
        }
      }
      row += n;
      key_row += m;
    }
  }
};

// The products that attention is made of, for one block: `pairs` is (n, m), a row for each query.
template <class T>
struct Products {
  const Shape& shape;
  const Block& block;

  // pairs = alpha queries keys^T
  void pair_up(T alpha, const T* queries, const T* keys, T* pairs) const {
    gemm(block.rows, block.keys, head_width(), alpha, query_rows(queries), key_rows(keys).t(),
         pairs, block.keys);
  }
  // queries = alpha pairs keys
  void to_queries(T alpha, const T* pairs, const T* keys, T* queries) const {
    gemm(block.rows, head_width(), block.keys, alpha, {pairs, block.keys}, key_rows(keys),
         queries + block.query, shape.width);
  }
  // keys += alpha pairs^T queries
  void add_to_keys(T alpha, const T* pairs, const T* queries, T* keys) const {
    gemm(block.keys, head_width(), block.rows, alpha, {pairs, block.keys, true},
         query_rows(queries), keys + block.key, shape.width, T{1});
  }

 private:
  std::int64_t head_width() const { return shape.width / shape.heads; }
  MatrixView<T> query_rows(const T* x) const { return {x + block.query, shape.width}; }
  MatrixView<T> key_rows(const T* x) const { return {x + block.key, shape.width}; }
};

template <class T>
T scale_of(const Shape& shape) {
  return static_cast<T>(1 / std::sqrt(static_cast<double>(shape.width / shape.heads)));
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

// p = softmax(scale q k^T) of one block, the same bits whenever it is made.
template <class T>
void probabilities(const Products<T>& products, const Tensor& q, const Tensor& k, T* p) {
  products.pair_up(scale_of<T>(products.shape), q.data_ptr<T>(), k.data_ptr<T>(), p);
  softmax(p, products.block.rows, products.block.keys, products.shape.causal);
}

struct Attend : torch::autograd::Function<Attend> {
  static Tensor forward(AutogradContext* context, const Tensor& q, const Tensor& k, const Tensor& v,
                        std::vector<std::int64_t> lengths, std::int64_t heads, bool causal,
                        std::int64_t prefix_rows) {
    const Tensor cq = computable(q), ck = computable(k), cv = computable(v);
    const Tensor out = room_for(cq, sum(lengths));
    const Shape shape{lengths, heads, q.size(1), prefix_rows, causal};
    const Tensor scores = at::empty({shape.largest_block()}, cq.options());
    AT_DISPATCH_FLOATING_TYPES(cq.scalar_type(), "attend", [&] {
      auto* p = scores.data_ptr<scalar_t>();
      shape.each_block([&](const Block& block) {
        const Products<scalar_t> products{shape, block};
        probabilities(products, cq, ck, p);
        products.to_queries(1, p, cv.data_ptr<scalar_t>(), out.data_ptr<scalar_t>());
      });
    });
    context->save_for_backward({q, k, v});
    context->saved_data["lengths"] = std::move(lengths);
    context->saved_data["heads"] = heads;
    context->saved_data["causal"] = causal;
    context->saved_data["prefix_rows"] = prefix_rows;
    return out.to(q.scalar_type());
  }

  // With o = p v, p = softmax(s), s = scale q k^T:  dv = p^T do,  dp = do v^T,
  // ds = (dp - sum(dp p)) p,  dq = scale ds k,  dk = scale ds^T q.
  static variable_list backward(AutogradContext* context, variable_list grads) {
    const variable_list saved = context->get_saved_variables();
    const Tensor q = computable(saved[0]), k = computable(saved[1]), v = computable(saved[2]);
    const auto lengths = context->saved_data["lengths"].toIntVector();
    const Shape shape{lengths, context->saved_data["heads"].toInt(), q.size(1),
                      context->saved_data["prefix_rows"].toInt(),
                      context->saved_data["causal"].toBool()};
    const Tensor grad = computable(grads[0]);
    const Tensor dq = room_for(q, sum(lengths)), dk = at::zeros_like(k), dv = at::zeros_like(v);
    const Tensor scores = at::empty({2, shape.largest_block()}, q.options());
    AT_DISPATCH_FLOATING_TYPES(q.scalar_type(), "attend_backward", [&] {
      const auto scale = scale_of<scalar_t>(shape);
      auto* p = scores.data_ptr<scalar_t>();
      auto* ds = p + shape.largest_block();
      const auto* upper = grad.data_ptr<scalar_t>();
      shape.each_block([&](const Block& block) {
        const Products<scalar_t> products{shape, block};
        probabilities(products, q, k, p);
        products.add_to_keys(1, p, upper, dv.data_ptr<scalar_t>());
        products.pair_up(1, upper, v.data_ptr<scalar_t>(), ds);
        softmax_backward(p, ds, block.rows, block.keys);
        products.to_queries(scale, ds, k.data_ptr<scalar_t>(), dq.data_ptr<scalar_t>());
        products.add_to_keys(scale, ds, q.data_ptr<scalar_t>(), dk.data_ptr<scalar_t>());
      });
    });
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
