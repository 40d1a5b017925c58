#include "common/exchange/job_trainer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>

#include "common/trainer/parameter_group.h"

namespace cleave {
namespace {

double rate_of(const Job& job, RateGroup group) {
  switch (group) {
    case RateGroup::kPrompt:
      return job.optimizer.lr_prompt;
    case RateGroup::kTail:
      return job.optimizer.lr_tail;
    case RateGroup::kFactors:
      break;
  }
  return job.optimizer.lr_factors;
}

}  // namespace

Trainer make_trainer(const Job& job, const State& state) {
  const auto& o = job.optimizer;
  std::vector<ParameterGroup> groups;
  for (const RateGroup group : {RateGroup::kPrompt, RateGroup::kTail, RateGroup::kFactors}) {
    ParameterGroup& own = groups.emplace_back();
    own.rates = {rate_of(job, group), o.weight_decay};
    for (const auto& [name, tensor] : state.tensors) {
      if (group_of(name) == group) own.tensors.push_back(tensor);
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
