#include "common/model/pool.h"

#include <ATen/ATen.h>

#include "common/base/error.h"

namespace cleave {

Pool parse_pool(const std::string& name) {
  if (name == "cls") return Pool::kCls;
  if (name == "last") return Pool::kLast;
  if (name == "pooler") return Pool::kPooler;
  CLEAVE_CHECK(name == "mean");
  return Pool::kMean;
}

at::Tensor pool_rows(const at::Tensor& x, const Layout& layout, Pool pool) {
  CLEAVE_CHECK(pool != Pool::kPooler);
  if (pool == Pool::kEveryRow) return x;
  std::vector<at::Tensor> read;
  for (const at::Tensor& sample : x.split_with_sizes(layout.lengths)) {
    switch (pool) {
      case Pool::kMean:
        read.push_back(sample.mean(0));
        break;
      case Pool::kCls:
        read.push_back(sample.select(0, 0));
        break;
      case Pool::kLast:
        read.push_back(sample.select(0, -1));
        break;
      case Pool::kPooler:
      case Pool::kEveryRow:
        break;
    }
  }
  return at::stack(read);
}

}  // namespace cleave
