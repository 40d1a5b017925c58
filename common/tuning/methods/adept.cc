// ADePT (Tang et al. 2025): a short prompt, and an offset that a small network gives each word:
// E' = E + relu(E A + a) B + b. B and b are zero at first, so that it begins as the short prompt
// alone. Without the paper's dropout of 0.1: frozen parts run without any.
#include <ATen/ATen.h>

#include <cmath>

#include "common/tuning/methods/methods.h"
#include "common/tuning/prompt_place.h"
#include "common/tuning/targets.h"

namespace cleave {
namespace {

using at::Tensor;

std::vector<Tunable> tunables(const TuningContext& context) {
  check_on_client(context, "adept");
  const std::int64_t rank = context.job.tuning.rank, d = context.config.hidden;
  const auto zeros = [](std::vector<std::int64_t> shape) {
    return [shape] { return at::zeros(shape, at::kFloat); };
  };
  return {{"adept.down.weight",
           {d, rank},
           [&context, d, rank] {
             Stream stream(seed_of(context.job, Seed::kInit), "init/adept");
             return uniform_tensor({d, rank}, 1 / std::sqrt(static_cast<double>(d)), stream);
           }},
          {"adept.down.bias", {rank}, zeros({rank})},
          {"adept.up.weight", {rank, d}, zeros({rank, d})},
          {"adept.up.bias", {d}, zeros({d})},
          prompt_rows_tunable(context)};
}

void act(const TuningContext& context, const State& state, Sites& sites) {
  if (!state.has("adept.up.bias")) return;
  const Tensor down = state.at("adept.down.weight"), a = state.at("adept.down.bias");
  const Tensor up = state.at("adept.up.weight"), b = state.at("adept.up.bias");
  sites.words.push_back([=](const Rows& words) {
    const Tensor inner = at::relu(at::addmm(a, words.x, down));    // (R, r)
    return Rows{words.x + at::addmm(b, inner, up), words.layout};  // (R, D)
  });
  insert_prompt(
      context, [prompt = state.at("prompt")] { return prompt; }, sites);
}

// Down and up; backward both weights, and the inner activation.
void work(const TuningContext& context, MethodWork& out) {
  const std::int64_t once = context.job.tuning.rank * context.config.hidden;
  out.text += {2 * once, 3 * once, 0};
}

}  // namespace

const Method kAdept = {.name = "adept",
                       .reads = "tokens at init text rank",
                       .tunables = tunables,
                       .act = act,
                       .rows = prompt_plan,
                       .work = work};

}  // namespace cleave
