// DePT (Shi and Lipani 2024): a short prompt, and an offset c A B for the word at each position of
// the text. A (s, r) is uniform in +-1/sqrt(r) and B (r, D) zero at first, so that it begins as the
// short prompt alone. Texts are not padded: row i of A belongs to the token at index i. Without
// rows it is the offset alone, at rank 0 the prompt alone.
#include <ATen/ATen.h>

#include <cmath>

#include "common/tuning/methods/methods.h"
#include "common/tuning/prompt_place.h"
#include "common/tuning/targets.h"
#include "common/tuning/word_offset.h"

namespace cleave {
namespace {

std::vector<Tunable> tunables(const TuningContext& context) {
  check_on_client(context, "dept");
  const std::int64_t rank = context.job.tuning.rank, rows = text_rows(context);
  const OffsetStart start = {
      [&context, rank, rows] {
        Stream stream(seed_of(context.job, Seed::kInit), "init/dept.A");
        return uniform_tensor({rows, rank}, 1 / std::sqrt(static_cast<double>(rank)), stream);
      },
      [&context, rank] {
        return at::zeros({rank, context.config.hidden}, at::kFloat);
      }};
  std::vector<Tunable> out;
  if (rank > 0) out = offset_tunables(context, "dept", start);
  if (context.job.tuning.tokens > 0) out.push_back(prompt_rows_tunable(context));
  return out;
}

void act(const TuningContext& context, const State& state, Sites& sites) {
  if (state.has("dept.A")) {
    sites.words.push_back(
        word_offset(state.at("dept.A"), state.at("dept.B"), offset_scale(context)));
  }
  if (state.has("prompt")) {
    insert_prompt(
        context, [prompt = state.at("prompt")] { return prompt; }, sites);
  }
}

std::vector<FactorPair> factors(const TuningContext& context) {
  if (context.job.tuning.rank == 0) return {};
  return {{"dept.A", "dept.B", offset_scale(context), /*left_fixed=*/true}};
}

void work(const TuningContext& context, MethodWork& out) { out.position += offset_work(context); }

}  // namespace

const Method kDept = {.name = "dept",
                      .reads = "tokens at init text rank alpha",
                      .tunables = tunables,
                      .act = act,
                      .rows = prompt_plan,
                      .factors = factors,
                      .work = work,
                      .may_lack_part = true};

}  // namespace cleave
