// Deep prompts (VPT-deep, Jia et al. 2022): every block has P rows of its own, which replace what
// the block before made of its rows. So no prompt row crosses a cut: each side inserts those of its
// blocks.
#include "common/tuning/methods/methods.h"
#include "common/tuning/prompt_init.h"

namespace cleave {
namespace {

std::string name_of(std::int64_t block) { return "deep." + std::to_string(block); }

std::vector<Tunable> tunables(const TuningContext& context) {
  const std::int64_t rows = context.job.tuning.tokens;
  std::vector<Tunable> out;
  for (std::int64_t block = 0; block < context.config.layers; ++block) {
    out.push_back({name_of(block), {rows, context.config.hidden}, [&context, rows, block] {
                     return initial_rows(context, rows, false, "init/" + name_of(block));
                   }});
  }
  return out;
}

RowsPlan rows(const TuningContext& context) {
  return {.rows = context.job.tuning.tokens,
          .begin = context.architecture.causal ? 0 : 1,
          .sent = context.cut.head == context.config.layers,
          .returned = context.cut.tail == 0};
}

void act(const TuningContext& context, const State& state, Sites& sites) {
  const RowsPlan plan = rows(context);
  for (std::int64_t block = 0; block < context.config.layers; ++block) {
    if (!state.has(name_of(block))) continue;
    sites.entering[block].push_back([prompt = state.at(name_of(block)), plan](const Rows& x) {
      return insert_rows(remove_prompt(x), prompt, plan.begin);
    });
  }
  if (!plan.sent) sites.leaving_head.push_back(remove_prompt);
  if (!plan.returned) sites.leaving_body.push_back(remove_prompt);
}

}  // namespace

const Method kDeep = {
    .name = "deep", .reads = "tokens init text", .tunables = tunables, .act = act, .rows = rows};

}  // namespace cleave
