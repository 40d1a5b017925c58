// LoRA (Hu et al. 2021): a linear layer y = W x + b becomes y + scale B (A x), with A (r, in)
// uniform in +-1/sqrt(in) and B (out, r) zero at first, so that it begins as the base.
// scale = alpha / r, or alpha / sqrt(r) with rsLoRA (Kalajdzievski 2023). Under an aggregation that
// adds to the base W, its change (out, in) is part of the state: y = (W + M) x + b + scale B (A x).
#include <ATen/ATen.h>

#include <cmath>
#include <utility>

#include "common/base/random.h"
#include "common/tuning/methods/methods.h"
#include "common/tuning/targets.h"

namespace cleave {
namespace {

using at::Tensor;

const std::string kBaseChange = ".base";

double scale_of(const TuningContext& context) {
  const auto rank = static_cast<double>(context.job.tuning.rank);
  return lora_alpha(context.job) / (context.job.tuning.rslora ? std::sqrt(rank) : rank);
}

std::vector<Tunable> tunables(const TuningContext& context) {
  const std::int64_t rank = context.job.tuning.rank;
  const std::uint64_t seed = seed_of(context.job, Seed::kInit);
  const bool changes_base = adds_to_base(context.job.federation.aggregation);
  std::vector<Tunable> out;
  for (const Target& target : targets_of(context)) {
    const std::string stem = target.stem("lora");
    const double bound = 1 / std::sqrt(static_cast<double>(target.in));
    out.push_back({stem + ".A", {rank, target.in}, [=, in = target.in] {
                     Stream stream(seed, "init/" + stem);
                     return uniform_tensor({rank, in}, bound, stream);
                   }});
    out.push_back({stem + ".B", {target.out, rank}, [=, width = target.out] {
                     return at::zeros({width, rank}, at::kFloat);
                   }});
    if (!changes_base) continue;
    out.push_back(
        {stem + kBaseChange, {target.out, target.in}, [=, in = target.in, width = target.out] {
           return at::zeros({width, in}, at::kFloat);
         }});
  }
  return out;
}

void act(const TuningContext& context, const State& state, Sites& sites) {
  const double scale = scale_of(context);
  for (const Target& target : targets_in(targets_of(context), state, "lora", ".A")) {
    const Tensor a = state.at(target.stem("lora") + ".A");  // (r, in)
    const Tensor b = state.at(target.stem("lora") + ".B");  // (out, r)
    Tensor base;                                            // (out, in)
    if (state.has(target.stem("lora") + kBaseChange)) {
      base = state.at(target.stem("lora") + kBaseChange);
    }
    sites.linear[target.name].push_back(
        {nullptr, [=](const Tensor& x, const Tensor& y) {
           const auto type = x.scalar_type();
           const Tensor low = at::linear(x, a.to(type));  // (R, r)
           const Tensor out = at::add(y, at::linear(low, b.to(type)), scale);
           return base.defined() ? out + at::linear(x, base.to(type)) : out;
         }});
  }
}

std::vector<FactorPair> factors(const TuningContext& context) {
  std::vector<FactorPair> pairs;
  for (const Target& target : targets_of(context)) {
    const std::string stem = target.stem("lora");
    pairs.push_back({stem + ".B", stem + ".A", scale_of(context)});
    if (adds_to_base(context.job.federation.aggregation)) {
      pairs.back().base_change = stem + kBaseChange;
    }
  }
  return pairs;
}

// A x and B (A x), and each of their two gradients; those of a held factor are not made.
void work(const TuningContext& context, MethodWork& out) {
  const std::string& rule = context.job.federation.aggregation;
  const std::int64_t rank = context.job.tuning.rank;
  std::int64_t reads_of = -1;  // the block whose input is kept already
  for (const Target& target : targets_of(context)) {
    const std::int64_t low = rank * (target.in + target.out);
    const std::int64_t trained = rule == "freeze_a" ? rank * target.out : low;
    const std::int64_t base = adds_to_base(rule) ? target.in * target.out : 0;
    const std::int64_t input =
        std::exchange(reads_of, target.block) == target.block ? 0 : target.in;
    out.block[target.block] += {low + base, low + trained + base, input + rank};
  }
}

}  // namespace

double lora_alpha(const Job& job) { return job.tuning.alpha > 0 ? job.tuning.alpha : 16; }

const Method kLora = {.name = "lora",
                      .reads = "rank alpha rslora targets blocks",
                      .tunables = tunables,
                      .act = act,
                      .factors = factors,
                      .work = work};

}  // namespace cleave
