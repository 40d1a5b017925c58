#include "common/tuning/word_offset.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

namespace cleave {

using at::Tensor;

RowsSite word_offset(const Tensor& a, const Tensor& b, double scale) {
  return [=](const Rows& words) {
    const std::vector<std::int64_t>& lengths = words.layout->lengths;
    const std::int64_t longest = *std::max_element(lengths.begin(), lengths.end());
    std::vector<std::int64_t> index;  // of every row in its text
    for (const std::int64_t n : lengths) {
      for (std::int64_t i = 0; i < n; ++i) index.push_back(i);
    }
    const Tensor offsets = at::mm(a.narrow(0, 0, longest), b) * scale;  // (longest, D)
    return Rows{words.x + offsets.index_select(0, at::tensor(index, at::kLong)), words.layout};
  };
}

std::vector<Tunable> offset_tunables(const TuningContext& context, const std::string& method,
                                     const OffsetStart& start) {
  const std::int64_t rank = context.job.tuning.rank;
  return {{method + ".A", {text_rows(context), rank}, start.a},
          {method + ".B", {rank, context.config.hidden}, start.b}};
}

AddedProducts offset_work(const TuningContext& context) {
  const std::int64_t once = context.job.tuning.rank * context.config.hidden;
  return {once, 2 * once, 0};
}

double offset_scale(const TuningContext& context) {
  const auto& t = context.job.tuning;
  return (t.alpha > 0 ? t.alpha : 8) / std::sqrt(static_cast<double>(t.rank));
}

}  // namespace cleave
