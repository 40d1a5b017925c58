// DPT (Xiao et al. 2023): the prompt as a product of two trained factors, P = Z U with Z (P, r) and
// U (r, D). They begin as the best rank-r product for the rows that tuning.init gives, split
// evenly.
#include <ATen/ATen.h>

#include <algorithm>

#include "common/base/error.h"
#include "common/tuning/methods/methods.h"
#include "common/tuning/prompt_init.h"
#include "common/tuning/prompt_place.h"

namespace cleave {
namespace {

using at::Tensor;

std::pair<Tensor, Tensor> initial_factors(const TuningContext& context) {
  const auto& t = context.job.tuning;
  const Tensor rows = initial_rows(context, t.tokens, t.at == "peft").to(at::kDouble);
  const auto [u, s, v] = at::linalg_svd(rows, /*full_matrices=*/false);
  const Tensor root = s.narrow(0, 0, t.rank).sqrt();
  return {(u.narrow(1, 0, t.rank) * root).to(at::kFloat),
          (root.unsqueeze(1) * v.narrow(0, 0, t.rank)).to(at::kFloat)};
}

std::vector<Tunable> tunables(const TuningContext& context) {
  check_on_client(context, "dpt");
  const auto& t = context.job.tuning;
  if (t.rank > std::min(t.tokens, context.config.hidden)) {
    throw DataError("tuning.rank = " + std::to_string(t.rank) + " is above tuning.tokens = " +
                    std::to_string(t.tokens) + ": a product of two factors has no such rank");
  }
  return {{"dpt.Z", {t.tokens, t.rank}, [&context] { return initial_factors(context).first; }},
          {"dpt.U", {t.rank, context.config.hidden}, [&context] {
             return initial_factors(context).second;
           }}};
}

void act(const TuningContext& context, const State& state, Sites& sites) {
  if (!state.has("dpt.Z")) return;
  insert_prompt(
      context, [z = state.at("dpt.Z"), u = state.at("dpt.U")] { return at::mm(z, u); }, sites);
}

std::vector<FactorPair> factors(const TuningContext&) { return {{"dpt.Z", "dpt.U", 1}}; }

void work(const TuningContext& context, MethodWork& out) {
  const auto& t = context.job.tuning;
  const std::int64_t once = t.tokens * t.rank * context.config.hidden;
  out.step += {once, 2 * once, 0};
}

}  // namespace

const Method kDpt = {.name = "dpt",
                     .reads = "tokens at init text rank",
                     .tunables = tunables,
                     .act = act,
                     .rows = prompt_plan,
                     .factors = factors,
                     .work = work};

}  // namespace cleave
