// ULPT (Wu et al. 2025): an ultra-low-dimensional prompt, P = (Z R) * scale + shift, with Z (P, r),
// scale (D) and shift (D) trained and R (r, D) frozen: every side makes it from the job's seed,
// uniform in +-sqrt(6 / (r + D)). Z begins where Z R is nearest to the rows of tuning.init.
#include <ATen/ATen.h>

#include <cmath>

#include "common/tuning/methods/methods.h"
#include "common/tuning/prompt_init.h"
#include "common/tuning/prompt_place.h"
#include "common/tuning/targets.h"

namespace cleave {
namespace {

using at::Tensor;

Tensor projection(const TuningContext& context) {
  const std::int64_t rank = context.job.tuning.rank, d = context.config.hidden;
  Stream stream(seed_of(context.job, Seed::kInit), "ulpt/projection");
  return uniform_tensor({rank, d}, std::sqrt(6.0 / static_cast<double>(rank + d)), stream);
}

// Least squares: rows R^+.
Tensor initial_codes(const TuningContext& context) {
  const auto& t = context.job.tuning;
  const Tensor rows = initial_rows(context, t.tokens, t.at == "peft").to(at::kDouble);
  return at::mm(rows, at::linalg_pinv(projection(context).to(at::kDouble))).to(at::kFloat);
}

std::vector<Tunable> tunables(const TuningContext& context) {
  check_on_client(context, "ulpt");
  const auto& t = context.job.tuning;
  const std::int64_t d = context.config.hidden;
  return {{"ulpt.Z", {t.tokens, t.rank}, [&context] { return initial_codes(context); }},
          {"ulpt.scale", {d}, [d] { return at::ones({d}, at::kFloat); }},
          {"ulpt.shift", {d}, [d] { return at::zeros({d}, at::kFloat); }}};
}

void act(const TuningContext& context, const State& state, Sites& sites) {
  if (!state.has("ulpt.Z")) return;
  insert_prompt(
      context,
      [z = state.at("ulpt.Z"), r = projection(context), scale = state.at("ulpt.scale"),
       shift = state.at("ulpt.shift")] { return at::mm(z, r.to(z.scalar_type())) * scale + shift; },
      sites);
}

// Z R, and Z's gradient.
void work(const TuningContext& context, MethodWork& out) {
  const auto& t = context.job.tuning;
  const std::int64_t once = t.tokens * t.rank * context.config.hidden;
  out.step += {once, once, 0};
}

}  // namespace

const Method kUlpt = {.name = "ulpt",
                      .reads = "tokens at init text rank",
                      .tunables = tunables,
                      .act = act,
                      .rows = prompt_plan,
                      .work = work};

}  // namespace cleave
