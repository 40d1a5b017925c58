// Soft prompt (Lester et al. 2021): P trained rows that every sample gets at one place
// (prompt_place.h).
#include "common/tuning/methods/methods.h"
#include "common/tuning/prompt_place.h"

namespace cleave {
namespace {

std::vector<Tunable> tunables(const TuningContext& context) {
  return {prompt_rows_tunable(context)};
}

void act(const TuningContext& context, const State& state, Sites& sites) {
  const std::string name = prompt_name(context);
  if (!state.has(name)) return;  // the other side's
  insert_prompt(
      context, [prompt = state.at(name)] { return prompt; }, sites);
}

}  // namespace

const Method kPrompt = {.name = "prompt",
                        .reads = "tokens at init text",
                        .tunables = tunables,
                        .act = act,
                        .rows = prompt_plan};

}  // namespace cleave
