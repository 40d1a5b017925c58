#include "experiments/leakage/label_recovery.h"

#include <ATen/ATen.h>

#include "client/local_model.h"
#include "server/body/body_model.h"

namespace cleave {
namespace {

using at::Tensor;

Tensor label_tensor(const SampleGradients& gradients) {
  return at::tensor(gradients.labels, at::kInt);
}

double fraction(const Tensor& right) { return right.to(at::kDouble).mean().item<double>(); }

}  // namespace

SampleGradients feature_gradients(const JobInputs& inputs, const Dataset& data,
                                  const State& state) {
  const BodyModel body(inputs.parts, inputs.job, body_part(state, inputs.parts));
  LocalModel local(inputs.parts, inputs.job, state);
  SampleGradients out;
  std::vector<Tensor> means;
  for (const Batch& batch : in_order_batches(data, inputs.job.optimizer.batch)) {
    const Rows rows = local.smashed(batch);
    const std::vector<std::int32_t> labels = labels_of(batch);
    const Tensor gradient = local.middle(body.inference(rows).x, *rows.layout, batch).grad;
    means.push_back(pool_rows(gradient, *rows.layout, Pool::kMean));
    out.labels.insert(out.labels.end(), labels.begin(), labels.end());
  }
  const Tensor all = at::cat(means);
  out.directions = all / all.norm(2, {1}, true).clamp_min(1e-30);
  return out;
}

double told_by_sign(const SampleGradients& gradients) {
  const Tensor x = gradients.directions;
  const auto [values, vectors] = at::linalg_eigh(at::mm(x.t(), x));
  const Tensor leading = vectors.select(1, vectors.size(1) - 1);  // the largest comes last
  const double same = fraction((at::mv(x, leading) > 0) == (label_tensor(gradients) == 1));
  return std::max(same, 1 - same);
}

double told_by_examples(const SampleGradients& gradients, std::int64_t known) {
  const Tensor x = gradients.directions, y = label_tensor(gradients);
  const Tensor seen = x.narrow(0, 0, known), seen_labels = y.narrow(0, 0, known);
  const auto mean_of = [&](int label) {
    return seen.index_select(0, at::nonzero(seen_labels == label).flatten()).mean(0);
  };
  const Tensor zero = mean_of(0), one = mean_of(1);
  const Tensor rest = x.narrow(0, known, x.size(0) - known);
  const Tensor is_one = (rest - one).norm(2, {1}) < (rest - zero).norm(2, {1});
  return fraction(is_one == (y.narrow(0, known, rest.size(0)) == 1));
}

}  // namespace cleave
