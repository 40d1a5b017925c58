// The unsplit model of a job in one graph with its own optimiser, written without the client's and
// the server's code: what a split step is compared with.
#pragma once

#include <ATen/ATen.h>
#include <torch/optim/adam.h>

#include <cstring>

#include "client/objective.h"
#include "common/trainer/parameter_group.h"
#include "common/tuning/tuned_tail.h"
#include "simulation/simulation.h"

namespace cleave::testing {

inline bool same_bits(const at::Tensor& a, const at::Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() == b.defined();
  return a.sizes() == b.sizes() &&
         std::memcmp(a.contiguous().data_ptr(), b.contiguous().data_ptr(), a.nbytes()) == 0;
}

struct Unsplit {
  explicit Unsplit(const JobInputs& inputs)
      : inputs(inputs), state(trainable(inputs.parts.whole_initial())) {
    const JobParts& parts = inputs.parts;
    const Sites sites = sites_over(tuning_context(parts, inputs.job), state);
    head = make_head(parts.config, *parts.architecture, parts.cut, parts.frozen, sites);
    body = make_body(parts.config, *parts.architecture, parts.cut, parts.frozen, sites);
    tail = tail_over(state, parts.config, *parts.architecture, parts.cut, parts.readout(),
                     parts.stored, sites);
    std::vector<at::Tensor> prompts, tails, factors;
    for (const auto& [name, tensor] : state.tensors) {
      const RateGroup group = group_of(name);
      (group == RateGroup::kPrompt ? prompts
       : group == RateGroup::kTail ? tails
                                   : factors)
          .push_back(tensor);
    }
    const auto& o = inputs.job.optimizer;
    const auto group = [](std::vector<at::Tensor> tensors, double rate) {
      return torch::optim::OptimizerParamGroup(std::move(tensors),
                                               std::make_unique<torch::optim::AdamOptions>(rate));
    };
    optimizer = std::make_unique<torch::optim::Adam>(std::vector{
        group(prompts, o.lr_prompt), group(tails, o.lr_tail), group(factors, o.lr_factors)});
  }

  double step(const Batch& batch) {
    optimizer->zero_grad();
    const Rows rows = body(head(batch));
    const at::Tensor logits = tail(rows.x, *rows.layout);
    const at::Tensor loss = inputs.parts.task == Task::kCausalLm
                                ? loss_of(Task::kCausalLm, logits, last_layout(batch), batch)
                                : class_loss(logits, batch);
    loss.backward();
    optimizer->step();
    return loss.item<float>();
  }

  // Of the rows that the last block gives: the texts, and before each what a method has inserted.
  Layout last_layout(const Batch& batch) const {
    const RowsPlan& plan = inputs.parts.form.plan;
    Layout layout = text_layout(*head.embedder, batch);
    if (plan.rows == 0) return layout;
    for (std::int64_t& length : layout.lengths) length += plan.rows;
    layout.prompt_rows = plan.rows;
    layout.prompt_begin = 0;
    return layout;
  }

  static at::Tensor class_loss(const at::Tensor& logits, const Batch& batch) {
    const auto labels = labels_of(batch);
    return at::cross_entropy_loss(
        logits, at::tensor(std::vector<std::int64_t>(labels.begin(), labels.end()), at::kLong));
  }

  const JobInputs& inputs;
  State state;
  Head head;
  Body body;
  Tail tail;
  std::unique_ptr<torch::optim::Adam> optimizer;
};

}  // namespace cleave::testing
