// Prefix tuning (Li and Liang 2021) without its projection, which is P-tuning v2 (Liu et al. 2022):
// every block has P trained rows of keys and of values that each row of a sample sees before the
// sample's own. They are not rotated, and text positions begin at P (spec peft_format.md 3). No row
// is added, so nothing more crosses. Zero keys are no no-op: they enter the softmax. Begins normal
// with deviation 0.02.
#include <ATen/ATen.h>

#include "common/base/random.h"
#include "common/tuning/methods/methods.h"

namespace cleave {
namespace {

std::string name_of(std::int64_t block, const char* which) {
  return "prefix." + std::to_string(block) + "." + which;
}

at::Tensor normal(const TuningContext& context, const std::string& name,
                  const std::vector<std::int64_t>& shape) {
  Stream stream(seed_of(context.job, Seed::kInit), "init/" + name);
  at::Tensor out = at::empty(shape, at::kFloat);
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    out.data_ptr<float>()[i] = static_cast<float>(0.02 * stream.normal());
  }
  return out;
}

std::vector<Tunable> tunables(const TuningContext& context) {
  const ModelConfig& c = context.config;
  const std::int64_t heads = c.kv_heads > 0 ? c.kv_heads : c.heads;
  const std::vector<std::int64_t> shape{context.job.tuning.tokens, heads * c.head_width()};
  std::vector<Tunable> out;
  for (std::int64_t block = 0; block < c.layers; ++block) {
    for (const char* which : {"key", "value"}) {
      out.push_back({name_of(block, which), shape, [&context, block, which, shape] {
                       return normal(context, name_of(block, which), shape);
                     }});
    }
  }
  return out;
}

RowsPlan rows(const TuningContext& context) {
  const std::int64_t tokens = context.config.is_image() ? 0 : context.job.tuning.tokens;
  return {.positions = tokens, .first_position = tokens};
}

void act(const TuningContext& context, const State& state, Sites& sites) {
  for (std::int64_t block = 0; block < context.config.layers; ++block) {
    if (!state.has(name_of(block, "key"))) continue;
    sites.prefix[block] = {state.at(name_of(block, "key")), state.at(name_of(block, "value"))};
  }
}

void work(const TuningContext& context, MethodWork& out) {
  out.prefix_rows += context.job.tuning.tokens;
}

}  // namespace

const Method kPrefix = {.name = "prefix",
                        .reads = "tokens",
                        .tunables = tunables,
                        .act = act,
                        .rows = rows,
                        .work = work};

}  // namespace cleave
