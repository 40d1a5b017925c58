// P-tuning v1 (Liu et al. 2021) with the MLP encoder of HF PEFT: the prompt is
// W3 relu(W2 relu(W1 T + b1) + b2) + b3 of a trained table T (P, D); hidden width `tuning.hidden`.
// What is exported is the encoder's output. Weights begin uniform in +-1/sqrt(in), as linear layers
// do in PyTorch.
#include <ATen/ATen.h>

#include <cmath>

#include "common/tuning/methods/methods.h"
#include "common/tuning/prompt_init.h"
#include "common/tuning/prompt_place.h"
#include "common/tuning/targets.h"

namespace cleave {
namespace {

using at::Tensor;

void add_linear(std::vector<Tunable>& out, const TuningContext& context, const std::string& name,
                std::int64_t in, std::int64_t width) {
  const auto uniform = [&context, in](const std::string& tensor, std::vector<std::int64_t> shape) {
    return [&context, in, tensor, shape] {
      Stream stream(seed_of(context.job, Seed::kInit), "init/" + tensor);
      return uniform_tensor(shape, 1 / std::sqrt(static_cast<double>(in)), stream);
    };
  };
  out.push_back({name + ".weight", {width, in}, uniform(name + ".weight", {width, in})});
  out.push_back({name + ".bias", {width}, uniform(name + ".bias", {width})});
}

std::vector<Tunable> tunables(const TuningContext& context) {
  check_on_client(context, "p_tuning");
  const auto& t = context.job.tuning;
  const std::int64_t d = context.config.hidden, hidden = t.hidden > 0 ? t.hidden : d;
  std::vector<Tunable> out = {{"p_tuning.table", {t.tokens, d}, [&context] {
                                 const auto& tuning = context.job.tuning;
                                 return initial_rows(context, tuning.tokens, tuning.at == "peft");
                               }}};
  add_linear(out, context, "p_tuning.first", d, hidden);
  add_linear(out, context, "p_tuning.second", hidden, hidden);
  add_linear(out, context, "p_tuning.third", hidden, d);
  return out;
}

void act(const TuningContext& context, const State& state, Sites& sites) {
  if (!state.has("p_tuning.table")) return;
  const auto layer = [&](const std::string& name) {
    return Linear{state.at("p_tuning." + name + ".weight"), state.at("p_tuning." + name + ".bias")};
  };
  insert_prompt(
      context,
      [table = state.at("p_tuning.table"), first = layer("first"), second = layer("second"),
       third = layer("third")] {
        return third(at::relu(second(at::relu(first(table)))));  // (P, D)
      },
      sites);
}

// Three layers, each with gradients of its input and of its weight.
void work(const TuningContext& context, MethodWork& out) {
  const auto& t = context.job.tuning;
  const std::int64_t d = context.config.hidden, hidden = t.hidden > 0 ? t.hidden : d;
  const std::int64_t once = t.tokens * hidden * (2 * d + hidden);
  out.step += {once, 2 * once, 0};
}

}  // namespace

const Method kPTuning = {.name = "p_tuning",
                         .reads = "tokens at init text hidden",
                         .tunables = tunables,
                         .act = act,
                         .rows = prompt_plan,
                         .work = work};

}  // namespace cleave
