#include "common/peft/prompt_rows.h"

#include <ATen/ATen.h>

#include "common/base/error.h"

namespace cleave {

void configure_tokens(const AdapterSource& source, std::int64_t width, Job& job) {
  const std::int64_t rows = source.config.virtual_tokens;
  const std::vector<std::int64_t>& shape = source.tensors.shape(kPromptEmbeddings);
  if (shape != std::vector<std::int64_t>{rows, width}) {
    throw DataError(std::string(kPromptEmbeddings) + " is not (" + std::to_string(rows) + ", " +
                    std::to_string(width) +
                    "), as num_virtual_tokens and the model call for; is it another model's?");
  }
  job.tuning.tokens = rows;
}

void configure_prompt(const AdapterSource& source, Job& job) {
  const std::int64_t width = source.config.token_dim;
  if (width > 0 && width != source.model.config.hidden) {
    throw DataError("token_dim = " + std::to_string(width) + ", the model is " +
                    std::to_string(source.model.config.hidden) + " wide; is it another model's?");
  }
  configure_tokens(source, source.model.config.hidden, job);
  job.tuning.method = "prompt";
  job.tuning.at = "peft";
}

State read_prompt(const AdapterSource& source, const TuningContext& context) {
  State state;
  for (const Tunable& tunable : all_tunables(context)) {
    state.add(tunable.name, source.tensors.take(kPromptEmbeddings, tunable.shape));
  }
  return state;
}

at::Tensor computed_prompt(const TuningContext& context, const State& state) {
  if (rows_plan(context).positions != context.job.tuning.tokens) {
    throw DataError("tuning.at = \"" + context.job.tuning.at +
                    "\": PEFT puts prompts before the words, which is another function; train with "
                    "tuning.at = \"peft\", or keep the run folder");
  }
  // What is put before a text without words.
  Rows rows{at::empty({0, context.config.hidden}, at::kFloat),
            std::make_shared<Layout>(Layout{{0}})};
  for (const RowsSite& site : sites_over(context, state).words) rows = site(rows);
  return rows.x.contiguous();
}

void write_prompt(const TuningContext& context, const State& state, NewAdapter& out) {
  const at::Tensor prompt = computed_prompt(context, state);
  out.config.virtual_tokens = prompt.size(0);
  out.config.token_dim = prompt.size(1);
  out.tensors[kPromptEmbeddings] = prompt;
}

}  // namespace cleave
