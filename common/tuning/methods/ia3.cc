// IA3 (Liu et al. 2022): trained vectors scale what keys and values give, y = l * (W x + b), and
// what the feed-forward's second layer takes, y = W (l * x) + b; they begin as 1. For BERT's
// "output.dense" PEFT takes the attention's output too, and so does this.
#include <ATen/ATen.h>

#include "common/tuning/methods/methods.h"
#include "common/tuning/targets.h"

namespace cleave {
namespace {

using at::Tensor;

bool scales_input(const TuningContext& context, const Target& target) {
  return ends_in_any(target.name, context.architecture.roles.feed_forward_ends);
}

std::vector<Target> ia3_targets(const TuningContext& context) {
  std::vector<std::string> ends = context.architecture.roles.key_value;
  for (const std::string& end : context.architecture.roles.feed_forward_ends) ends.push_back(end);
  return targets_of(context, ends);
}

std::vector<Tunable> tunables(const TuningContext& context) {
  std::vector<Tunable> out;
  for (const Target& target : ia3_targets(context)) {
    const std::int64_t size = scales_input(context, target) ? target.in : target.out;
    out.push_back({target.stem("ia3"), {size}, [size] { return at::ones({size}, at::kFloat); }});
  }
  return out;
}

void act(const TuningContext& context, const State& state, Sites& sites) {
  for (const Target& target : targets_in(ia3_targets(context), state, "ia3")) {
    const Tensor l = state.at(target.stem("ia3"));
    LinearSite site;
    if (scales_input(context, target)) {
      site.before = [l](const Tensor& x) { return x * l.to(x.scalar_type()); };
    } else {
      site.after = [l](const Tensor&, const Tensor& y) { return y * l.to(y.scalar_type()); };
    }
    sites.linear[target.name].push_back(std::move(site));
  }
}

// No products, but what l scales is kept.
void work(const TuningContext& context, MethodWork& out) {
  for (const Target& target : ia3_targets(context)) {
    out.block[target.block] += {0, 0, scales_input(context, target) ? target.in : target.out};
  }
}

}  // namespace

const Method kIa3 = {
    .name = "ia3", .reads = "blocks", .tunables = tunables, .act = act, .work = work};

}  // namespace cleave
