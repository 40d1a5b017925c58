// A trainer: one update rule over groups of tensors, each group with its own rate, decay and
// warm-up, all rates under one schedule, with clipping and FedProx's pull. It computes no gradients
// and counts no steps: whoever calls step() says first where in the job it stands.
//
// Order within a step: FedProx's term, clipping, the update rule. Both change the gradients in
// place. Memory: the rule's moments (update_rule.h), with `proximal` a further copy of the values,
// and for the time of a step one or two tensors more. Not thread-safe.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>
#include <string>
#include <vector>

#include "common/trainer/schedule.h"
#include "common/trainer/update_rule.h"

namespace cleave {

// Leaves that require gradients; fp32, contiguous.
struct ParameterGroup {
  std::vector<at::Tensor> tensors;
  Rates rates;
  std::optional<std::int64_t> warmup = {};  // in place of the schedule's
};

struct TrainerOptions {
  std::string rule = "adam";
  UpdateOptions update;
  double clip = 0;      // largest global norm over all groups; 0: off
  double proximal = 0;  // FedProx's mu; 0: off
  Schedule schedule;
};

class Trainer {
 public:
  // Errors: DataError for an unknown rule.
  Trainer(const std::vector<ParameterGroup>& groups, TrainerOptions options);

  void zero_grad();
  // A tensor without a gradient stays as it is.
  void step();

  // Forgets the moments, as a new trainer over the same values would.
  void reset();
  // Takes the present values for those that FedProx pulls to; the constructor does it too.
  void set_anchor();
  void set_step(const GlobalStep& at) { at_ = at; }
  // A further factor of all rates, beside the schedule's, from now on.
  void scale_rates(double factor) { scale_ = factor; }

 private:
  struct Slot {
    at::Tensor value;
    Rates rates;
    Schedule schedule;
    Moments moments;
    at::Tensor anchor;
  };

  TrainerOptions options_;
  UpdateRule rule_;
  std::vector<Slot> slots_;
  GlobalStep at_;
  double scale_ = 1;
};

}  // namespace cleave
