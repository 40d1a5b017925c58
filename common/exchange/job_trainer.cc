#include "common/exchange/job_trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "common/trainer/parameter_group.h"

namespace cleave {
namespace {

struct GroupKeys {
  RateGroup group;
  double lr, weight_decay;
  std::int64_t warmup;
};

// What the job says of each group; where it does not, -1, all groups' own key holds.
std::array<GroupKeys, 3> group_keys(const Job& job) {
  const auto& o = job.optimizer;
  return {{{RateGroup::kPrompt, o.lr_prompt, o.weight_decay_prompt, o.warmup_prompt},
           {RateGroup::kTail, o.lr_tail, o.weight_decay_tail, o.warmup_tail},
           {RateGroup::kFactors, o.lr_factors, o.weight_decay_factors, o.warmup_factors}}};
}

}  // namespace

Trainer make_trainer(const Job& job, const State& state) {
  const auto& o = job.optimizer;
  std::vector<ParameterGroup> groups;
  for (const GroupKeys& keys : group_keys(job)) {
    ParameterGroup& own = groups.emplace_back();
    own.rates = {keys.lr, keys.weight_decay < 0 ? o.weight_decay : keys.weight_decay};
    own.warmup = keys.warmup < 0 ? o.warmup : keys.warmup;
    for (const auto& [name, tensor] : state.tensors) {
      if (group_of(name) == keys.group) own.tensors.push_back(tensor);
    }
  }
  TrainerOptions options;
  options.rule = o.name;
  options.update = {o.beta1, o.beta2, o.eps, o.momentum};
  options.clip = o.clip;
  options.proximal = o.proximal;
  options.schedule = {parse_decay(o.schedule), o.warmup};
  return {groups, std::move(options)};
}

std::uint64_t state_copies(const Job& job) {
  const auto& o = job.optimizer;
  const bool two_moments = o.name == "adam" || o.name == "adamw";
  // Adafactor keeps a row and a column of a matrix, which is next to nothing.
  return 2 + (two_moments ? 2 : 0) + (o.momentum > 0 ? 1 : 0) + (o.proximal > 0 ? 1 : 0);
}

GlobalStep global_step(const Job& job, std::uint32_t round, std::uint64_t samples,
                       std::uint32_t step) {
  const double batches =
      std::ceil(static_cast<double>(samples) / static_cast<double>(job.optimizer.batch));
  const double steps = std::max(1.0, static_cast<double>(job.phases.split_epochs) * batches);
  return {(static_cast<double>(round) - 1) * steps + step,
          static_cast<double>(job.federation.rounds) * steps};
}

}  // namespace cleave
