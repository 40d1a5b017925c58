#include "simulation/linear_probe.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/grad_mode.h>

#include <algorithm>

namespace cleave {
namespace {

using at::Tensor;

constexpr int kSteps = 400;

Tensor label_tensor(const Dataset& data) { return at::tensor(labels_of(data)).to(at::kLong); }

Tensor with_bias_column(const Tensor& x) {
  return at::cat({x, at::ones({x.size(0), 1}, x.options())}, 1);
}

// Weights (D + 1, C) by accelerated gradient descent on the mean loss plus penalty/2 |W|^2, the
// bias left out of it.
Tensor fit(const Tensor& x, const Tensor& target, double penalty) {
  const auto n = static_cast<double>(x.size(0));
  Tensor decay = at::full({x.size(1), 1}, penalty, x.options());
  decay[-1].zero_();
  const double curvature = 0.5 * at::linalg_eigvalsh(x.t().mm(x)).max().item<double>() / n;
  Tensor w = at::zeros({x.size(1), target.size(1)}, x.options()), velocity = at::zeros_like(w);
  for (int step = 0; step < kSteps; ++step) {
    const Tensor ahead = w + step / (step + 3.0) * velocity;
    const Tensor slope = x.t().mm(at::softmax(x.mm(ahead), 1) - target) / n + decay * ahead;
    const Tensor next = ahead - slope / (curvature + penalty);
    velocity = next - w;
    w = next;
  }
  return w;
}

}  // namespace

Tensor pooled_features(const JobInputs& inputs, const Dataset& data) {
  const torch::NoGradGuard no_grad;
  const Model& model = inputs.model;
  const Head whole = make_head(model, {model.config.layers, 0}, Precision::kFp32);
  std::vector<Tensor> pooled;
  for (const Batch& batch : in_order_batches(data, inputs.job.eval.batch)) {
    const Layout layout = text_layout(*whole.embedder, batch);
    Tensor x = whole(whole.embedder->embed(batch), layout);
    if (model.architecture->make_final_norm) {
      x = model.architecture->make_final_norm(model.config,
                                              frozen_weights(model, Precision::kFp32))(x);
    }
    pooled.push_back(
        pool_rows(x, layout, model.architecture->task_class.row_of(inputs.parts.pool)));
  }
  return at::cat(pooled);  // (N, D)
}

double linear_probe_accuracy(const JobInputs& inputs) {
  const torch::NoGradGuard no_grad;
  const Tensor train = pooled_features(inputs, inputs.train).to(at::kDouble);
  const Tensor mean = train.mean(0), deviation = train.std(0) + 1e-6;
  const auto scaled = [&](const Tensor& x) { return with_bias_column((x - mean) / deviation); };
  const Tensor x = scaled(train);
  const Tensor dev = scaled(pooled_features(inputs, inputs.dev).to(at::kDouble));
  const Tensor target =
      at::one_hot(label_tensor(inputs.train), inputs.labels.size()).to(at::kDouble);
  const Tensor dev_labels = label_tensor(inputs.dev);
  double best = 0;
  for (const double penalty : {1e-4, 1e-3, 1e-2, 1e-1}) {
    const Tensor predicted = dev.mm(fit(x, target, penalty)).argmax(1);
    best = std::max(best, predicted.eq(dev_labels).to(at::kDouble).mean().item<double>());
  }
  return best;
}

}  // namespace cleave
