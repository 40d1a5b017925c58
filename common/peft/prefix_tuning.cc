// PREFIX_TUNING: keys and values of every block side by side in one tensor (P, 2 L K d): of block l
// the keys at column 2 l, the values at 2 l + 1, in units of K d (spec peft_format.md 3).
#include <ATen/ATen.h>

#include "common/base/error.h"
#include "common/peft/prompt_rows.h"

namespace cleave {
namespace {

std::int64_t width_of(const ModelConfig& config) { return config.kv_heads * config.head_width(); }

std::string name_of(std::int64_t column) {
  return "prefix." + std::to_string(column / 2) + (column % 2 == 0 ? ".key" : ".value");
}

void check_says(const char* key, std::int64_t said, std::int64_t expected) {
  if (said == 0 || said == expected) return;
  throw DataError(std::string(key) + " = " + std::to_string(said) + ", the model has " +
                  std::to_string(expected) + "; is it another model's?");
}

void configure(const AdapterSource& source, Job& job) {
  const ModelConfig& config = source.model.config;
  check_says("num_layers", source.config.layers, config.layers);
  // Files of grouped-query models have the one or the other, by PEFT's version.
  if (source.config.token_dim != config.hidden) {
    check_says("token_dim", source.config.token_dim, width_of(config));
  }
  if (source.config.heads != config.heads) {
    check_says("num_attention_heads", source.config.heads, config.kv_heads);
  }
  configure_tokens(source, 2 * config.layers * width_of(config), job);
  job.tuning.method = "prefix";
}

State read(const AdapterSource& source, const TuningContext& context) {
  const std::int64_t width = width_of(context.config), columns = 2 * context.config.layers;
  const at::Tensor all =
      source.tensors.take(kPromptEmbeddings, {context.job.tuning.tokens, columns * width});
  State state;
  for (std::int64_t i = 0; i < columns; ++i) {
    state.add(name_of(i), all.narrow(1, i * width, width).contiguous());
  }
  return state;
}

}  // namespace

void write_prefix(const TuningContext& context, const State& state, NewAdapter& out) {
  std::vector<at::Tensor> columns;
  for (std::int64_t i = 0; i < 2 * context.config.layers; ++i) {
    columns.push_back(state.at(name_of(i)));
  }
  out.config.virtual_tokens = context.job.tuning.tokens;
  out.config.token_dim = width_of(context.config);
  out.config.layers = context.config.layers;
  out.config.heads = context.config.kv_heads;
  out.tensors[kPromptEmbeddings] = at::cat(columns, 1);
}

const PeftType kPrefixTuning = {
    .name = "PREFIX_TUNING", .in_modules = false, .configure = configure, .read = read};

}  // namespace cleave
